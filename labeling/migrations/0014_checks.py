"""A slot may be a check: given to compare its answer with a known one. It stands in the batch in whose queue it was
given, not in that of its row."""

from django.db import migrations, models

FUNCTION = """
CREATE OR REPLACE FUNCTION labeling_slot_is_in_the_batch_of_its_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    {guard}
    NEW.batch_id := (SELECT batch_id FROM labeling_projectrow WHERE id = NEW.project_row_id);
    RETURN NEW;
END $$;
"""
KEEP = """IF NEW.is_check AND NEW.batch_id IS NOT NULL THEN
        RETURN NEW;
    END IF;"""

# Nobody waits for a check, so the claim does not walk over one.
TO_LABEL = models.Q(kind="label", state__in=["open", "leased"], is_rework=False, is_check=False)
INDEXES = {"slots_to_label": "project", "slots_to_label_of_batch": "batch"}


class Migration(migrations.Migration):
    dependencies = [("labeling", "0013_shares_of_classes")]

    operations = [
        migrations.AddField("slot", "is_check", models.BooleanField(default=False, db_default=False)),
        migrations.RunSQL(FUNCTION.format(guard=KEEP), FUNCTION.format(guard="")),
        *(
            operation
            for name, first in INDEXES.items()
            for operation in (
                migrations.RemoveIndex("slot", name),
                migrations.AddIndex(
                    "slot", models.Index(fields=[first, "priority", "order_key"], condition=TO_LABEL, name=name)
                ),
            )
        ),
    ]
