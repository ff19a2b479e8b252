"""The reasons of a decision that came second, kept beside the first one; only ever added."""

import django.db.models.deletion
import workforce.models.uids
from django.conf import settings
from django.db import migrations, models

STAYS = """
CREATE TRIGGER remark_stays BEFORE UPDATE ON quality_reviewremark FOR EACH ROW EXECUTE FUNCTION quality_stays();
"""
MAY_CHANGE = "DROP TRIGGER remark_stays ON quality_reviewremark;"


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("quality", "0002_append_only"),
    ]

    operations = [
        migrations.CreateModel(
            name="ReviewRemark",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "decision",
                    models.CharField(
                        choices=[("approve", "approved"), ("fix", "fixed and approved"), ("reject", "sent back")],
                        max_length=7,
                    ),
                ),
                ("reasons", models.JSONField(default=list)),
                ("comment", models.TextField(blank=True)),
                (
                    "made_at",
                    models.DateTimeField(db_default=workforce.models.uids.ClockTimestamp(), editable=False),
                ),
                (
                    "author",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="quality_remarks",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "review",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="remarks", to="quality.review"
                    ),
                ),
            ],
        ),
        migrations.RunSQL(STAYS, MAY_CHANGE),
    ]
