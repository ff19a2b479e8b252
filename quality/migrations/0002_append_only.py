"""What was decided or said stays: reviews and comments are only ever added."""

from django.db import migrations

STAYS = """
CREATE FUNCTION quality_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a row of % never changes', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER review_stays BEFORE UPDATE ON quality_review FOR EACH ROW EXECUTE FUNCTION quality_stays();
CREATE TRIGGER comment_stays BEFORE UPDATE OR DELETE ON quality_issuecomment
    FOR EACH ROW EXECUTE FUNCTION quality_stays();
"""
MAY_CHANGE = """
DROP TRIGGER review_stays ON quality_review;
DROP TRIGGER comment_stays ON quality_issuecomment;
DROP FUNCTION quality_stays();
"""


class Migration(migrations.Migration):
    dependencies = [("quality", "0001_initial")]

    operations = [migrations.RunSQL(STAYS, MAY_CHANGE)]
