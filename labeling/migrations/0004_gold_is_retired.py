"""Gold is retired, not removed, and no version of a label ever goes."""

from django.db import migrations, models

STAYS = """
CREATE TRIGGER label_version_is_kept BEFORE DELETE ON labeling_labelversion
    FOR EACH ROW EXECUTE FUNCTION labeling_version_stays();
"""


class Migration(migrations.Migration):
    dependencies = [("labeling", "0003_invariants")]

    operations = [
        migrations.AddField("label", "retired_at", models.DateTimeField(null=True)),
        migrations.RemoveConstraint("label", "one_gold_per_row"),
        migrations.AddConstraint(
            "label",
            models.UniqueConstraint(
                fields=["project_row"],
                condition=models.Q(kind="gold", retired_at=None),
                name="one_gold_per_row",
            ),
        ),
        migrations.RunSQL(STAYS, "DROP TRIGGER label_version_is_kept ON labeling_labelversion"),
    ]
