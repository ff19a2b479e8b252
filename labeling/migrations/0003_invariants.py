"""What the database itself keeps: tenants do not mix, versions do not change, lease tokens only grow."""

from django.db import migrations

TENANTS = """
CREATE FUNCTION labeling_row_stays_in_its_organization() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT organization_id FROM labeling_datarow WHERE id = NEW.data_row_id)
       IS DISTINCT FROM (SELECT organization_id FROM labeling_project WHERE id = NEW.project_id) THEN
        RAISE EXCEPTION 'a data row of one organization cannot be in a project of another'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER row_stays_in_its_organization BEFORE INSERT OR UPDATE OF data_row_id, project_id
    ON labeling_projectrow FOR EACH ROW EXECUTE FUNCTION labeling_row_stays_in_its_organization();
CREATE FUNCTION labeling_data_row_follows_dataset() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT organization_id FROM labeling_dataset WHERE id = NEW.dataset_id)
       IS DISTINCT FROM NEW.organization_id THEN
        RAISE EXCEPTION 'a data row belongs to the organization of its dataset'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER data_row_follows_dataset BEFORE INSERT OR UPDATE OF dataset_id, organization_id
    ON labeling_datarow FOR EACH ROW EXECUTE FUNCTION labeling_data_row_follows_dataset();
"""
REMOVE_TENANTS = """
DROP TRIGGER row_stays_in_its_organization ON labeling_projectrow;
DROP TRIGGER data_row_follows_dataset ON labeling_datarow;
DROP FUNCTION labeling_row_stays_in_its_organization();
DROP FUNCTION labeling_data_row_follows_dataset();
"""
VERSIONS = """
CREATE FUNCTION labeling_version_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a version in % never changes', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER ontology_version_stays BEFORE UPDATE ON labeling_ontologyversion
    FOR EACH ROW EXECUTE FUNCTION labeling_version_stays();
CREATE TRIGGER label_version_stays BEFORE UPDATE ON labeling_labelversion
    FOR EACH ROW EXECUTE FUNCTION labeling_version_stays();
"""
REMOVE_VERSIONS = """
DROP TRIGGER ontology_version_stays ON labeling_ontologyversion;
DROP TRIGGER label_version_stays ON labeling_labelversion;
DROP FUNCTION labeling_version_stays();
"""


class Migration(migrations.Migration):
    dependencies = [("labeling", "0002_initial")]

    operations = [
        migrations.RunSQL(TENANTS, REMOVE_TENANTS),
        migrations.RunSQL(VERSIONS, REMOVE_VERSIONS),
        migrations.RunSQL("CREATE SEQUENCE labeling_lease_token AS bigint", "DROP SEQUENCE labeling_lease_token"),
    ]
