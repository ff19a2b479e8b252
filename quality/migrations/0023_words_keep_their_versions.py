"""What the database itself keeps of issues: no word is changed or removed without a version of it, and a duplicate names
an issue that is none."""

import django.db.models.deletion
from django.db import migrations, models

WORDS = """
DROP TRIGGER comment_stays ON quality_issuecomment;

CREATE FUNCTION quality_comment_is_written() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.last_version <> 1 OR NEW.withdrawn_at IS NOT NULL THEN
        RAISE EXCEPTION 'a comment starts with its first version' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    INSERT INTO quality_issuecommentversion (comment_id, number, text, author_id, made_at)
        VALUES (NEW.id, 1, NEW.text, NEW.author_id, NEW.made_at);
    RETURN NULL;
END $$;
CREATE TRIGGER comment_is_written AFTER INSERT ON quality_issuecomment
    FOR EACH ROW EXECUTE FUNCTION quality_comment_is_written();

CREATE FUNCTION quality_version_is_added() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    said quality_issuecomment%ROWTYPE;
    newest integer;
BEGIN
    SELECT * INTO said FROM quality_issuecomment WHERE id = NEW.comment_id FOR NO KEY UPDATE;
    SELECT COALESCE(max(number), 0) INTO newest FROM quality_issuecommentversion WHERE comment_id = NEW.comment_id;
    IF NEW.number <> newest + 1 OR NEW.author_id <> said.author_id OR said.withdrawn_at IS NOT NULL
            OR (NEW.number = 1 AND NEW.text <> said.text) THEN
        RAISE EXCEPTION 'only its author adds the next version of a comment'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.number > 1 THEN
        NEW.made_at := clock_timestamp();
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER version_is_added BEFORE INSERT ON quality_issuecommentversion
    FOR EACH ROW EXECUTE FUNCTION quality_version_is_added();

CREATE FUNCTION quality_version_is_shown() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE quality_issuecomment SET text = NEW.text, last_version = NEW.number WHERE id = NEW.comment_id;
    RETURN NULL;
END $$;
CREATE TRIGGER version_is_shown AFTER INSERT ON quality_issuecommentversion
    FOR EACH ROW WHEN (NEW.number > 1) EXECUTE FUNCTION quality_version_is_shown();

CREATE FUNCTION quality_comment_follows_versions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.uid, NEW.issue_id, NEW.author_id, NEW.made_at)
            IS DISTINCT FROM (OLD.id, OLD.uid, OLD.issue_id, OLD.author_id, OLD.made_at)
        OR (OLD.withdrawn_at IS NOT NULL AND NEW.withdrawn_at IS DISTINCT FROM OLD.withdrawn_at)
        OR NOT EXISTS (SELECT 1 FROM quality_issuecommentversion v
            WHERE v.comment_id = NEW.id AND v.number = NEW.last_version AND v.text = NEW.text AND NOT EXISTS (
                SELECT 1 FROM quality_issuecommentversion w WHERE w.comment_id = NEW.id AND w.number > v.number))
    THEN
        RAISE EXCEPTION 'a row of % never changes but by a version', TG_TABLE_NAME
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER comment_follows_versions BEFORE UPDATE ON quality_issuecomment
    FOR EACH ROW EXECUTE FUNCTION quality_comment_follows_versions();
CREATE TRIGGER comment_stays BEFORE DELETE ON quality_issuecomment
    FOR EACH ROW EXECUTE FUNCTION quality_stays();
CREATE TRIGGER comments_stay BEFORE TRUNCATE ON quality_issuecomment
    FOR EACH STATEMENT EXECUTE FUNCTION quality_stays();
"""
MAY_CHANGE = """
DROP TRIGGER comments_stay ON quality_issuecomment;
DROP TRIGGER comment_stays ON quality_issuecomment;
DROP TRIGGER comment_follows_versions ON quality_issuecomment;
DROP TRIGGER version_is_shown ON quality_issuecommentversion;
DROP TRIGGER version_is_added ON quality_issuecommentversion;
DROP TRIGGER comment_is_written ON quality_issuecomment;
DROP FUNCTION quality_comment_follows_versions();
DROP FUNCTION quality_version_is_shown();
DROP FUNCTION quality_version_is_added();
DROP FUNCTION quality_comment_is_written();
CREATE TRIGGER comment_stays BEFORE UPDATE OR DELETE ON quality_issuecomment
    FOR EACH ROW EXECUTE FUNCTION quality_stays();
"""
ONLY_ADDED = ("issuecommentversion", "issuemention", "issueevent", "questionatsubmit")
STAYS = "".join(
    f"""
CREATE TRIGGER {table}_stays BEFORE UPDATE OR DELETE ON quality_{table}
    FOR EACH ROW EXECUTE FUNCTION quality_stays();
CREATE TRIGGER {table}_table_stays BEFORE TRUNCATE ON quality_{table}
    FOR EACH STATEMENT EXECUTE FUNCTION quality_stays();
"""
    for table in ONLY_ADDED
)
MAY_GO = "".join(
    f"DROP TRIGGER {table}_table_stays ON quality_{table}; DROP TRIGGER {table}_stays ON quality_{table};\n"
    for table in ONLY_ADDED
)
DUPLICATES = """
CREATE FUNCTION quality_duplicate_names_a_root() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    root quality_issue%ROWTYPE;
BEGIN
    -- Locked, so that of two issues that name each other at once the second one is refused.
    SELECT * INTO root FROM quality_issue WHERE id = NEW.duplicate_of_id FOR SHARE;
    IF root.project_id <> NEW.project_id OR root.duplicate_of_id IS NOT NULL
            OR EXISTS (SELECT 1 FROM quality_issue WHERE duplicate_of_id = NEW.id) THEN
        RAISE EXCEPTION 'a duplicate names an issue of its project that is none itself'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER duplicate_names_a_root BEFORE INSERT OR UPDATE OF duplicate_of_id, project_id ON quality_issue
    FOR EACH ROW WHEN (NEW.duplicate_of_id IS NOT NULL) EXECUTE FUNCTION quality_duplicate_names_a_root();

CREATE FUNCTION quality_issue_is_of_its_project() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM quality_issuecategory WHERE id = NEW.category_id AND project_id = NEW.project_id) THEN
        RAISE EXCEPTION 'the category of an issue is one of its project' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER category_is_of_its_project BEFORE INSERT OR UPDATE OF category_id, project_id ON quality_issue
    FOR EACH ROW EXECUTE FUNCTION quality_issue_is_of_its_project();
"""
ANY_DUPLICATE = """
DROP TRIGGER category_is_of_its_project ON quality_issue;
DROP FUNCTION quality_issue_is_of_its_project();
DROP TRIGGER duplicate_names_a_root ON quality_issue;
DROP FUNCTION quality_duplicate_names_a_root();
"""


class Migration(migrations.Migration):
    dependencies = [("quality", "0022_what_old_issues_said")]

    operations = [
        migrations.RemoveField("issue", "category_was"),
        migrations.AlterField(
            "issue",
            "category",
            models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="issues", to="quality.issuecategory"
            ),
        ),
        migrations.RunSQL(WORDS, MAY_CHANGE),
        migrations.RunSQL(STAYS, MAY_GO),
        migrations.RunSQL(DUPLICATES, ANY_DUPLICATE),
    ]
