"""An opinion is the work of a slot that wants a label: a review's slot never becomes one."""

from django.db import migrations

ON_A_LABEL_SLOT = """
CREATE FUNCTION labeling_opinion_is_made_on_a_label_slot() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.slot_id IS NOT NULL
       AND (SELECT kind FROM labeling_slot WHERE id = NEW.slot_id) IS DISTINCT FROM 'label' THEN
        RAISE EXCEPTION 'the slot of an opinion is of kind label'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER opinion_is_made_on_a_label_slot BEFORE INSERT OR UPDATE OF slot_id
    ON labeling_label FOR EACH ROW EXECUTE FUNCTION labeling_opinion_is_made_on_a_label_slot();
CREATE FUNCTION labeling_slot_keeps_its_kind() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.kind IS DISTINCT FROM OLD.kind THEN
        RAISE EXCEPTION 'a slot keeps its kind' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER slot_keeps_its_kind BEFORE UPDATE OF kind
    ON labeling_slot FOR EACH ROW EXECUTE FUNCTION labeling_slot_keeps_its_kind();
"""
ON_ANY_SLOT = """
DROP TRIGGER slot_keeps_its_kind ON labeling_slot;
DROP FUNCTION labeling_slot_keeps_its_kind();
DROP TRIGGER opinion_is_made_on_a_label_slot ON labeling_label;
DROP FUNCTION labeling_opinion_is_made_on_a_label_slot();
"""


class Migration(migrations.Migration):
    dependencies = [("labeling", "0004_gold_is_retired")]

    operations = [migrations.RunSQL(ON_A_LABEL_SLOT, ON_ANY_SLOT)]
