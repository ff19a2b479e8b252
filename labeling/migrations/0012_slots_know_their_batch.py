"""A slot carries the batch of its row, so that a claim can leave out whole batches without walking over their slots."""

import django.db.models.deletion
from django.db import migrations, models

FILL = """
CREATE FUNCTION labeling_slot_is_in_the_batch_of_its_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.batch_id := (SELECT batch_id FROM labeling_projectrow WHERE id = NEW.project_row_id);
    RETURN NEW;
END $$;
CREATE TRIGGER slot_is_in_the_batch_of_its_row BEFORE INSERT OR UPDATE OF batch_id, project_row_id
    ON labeling_slot FOR EACH ROW EXECUTE FUNCTION labeling_slot_is_in_the_batch_of_its_row();
-- A table with rows that wait for a deferred check cannot be altered in the same transaction.
SET CONSTRAINTS ALL IMMEDIATE;
UPDATE labeling_slot SET batch_id = NULL;
SET CONSTRAINTS ALL DEFERRED;
"""
REMOVE = """
DROP TRIGGER slot_is_in_the_batch_of_its_row ON labeling_slot;
DROP FUNCTION labeling_slot_is_in_the_batch_of_its_row();
"""
BATCH = {
    "to": "labeling.batch",
    "on_delete": django.db.models.deletion.PROTECT,
    "related_name": "slots",
    "editable": False,
    "db_index": False,
}


class Migration(migrations.Migration):
    dependencies = [("labeling", "0011_project_templates")]

    operations = [
        migrations.AddField("slot", "batch", models.ForeignKey(null=True, **BATCH)),
        migrations.RunSQL(FILL, REMOVE),
        migrations.AlterField("slot", "batch", models.ForeignKey(**BATCH)),
        migrations.AddIndex(
            "slot",
            models.Index(
                fields=["batch", "priority", "order_key"],
                condition=models.Q(kind="label", state__in=["open", "leased"], is_rework=False),
                name="slots_to_label_of_batch",
            ),
        ),
    ]
