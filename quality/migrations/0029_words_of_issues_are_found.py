"""Words said in issues are found by a full text index, each from its beginning."""

from django.db import migrations

INDEX = """
CREATE INDEX quality_issue_words ON quality_issuecomment
    USING gin (to_tsvector('simple'::regconfig, COALESCE(text, '')));
"""


class Migration(migrations.Migration):
    dependencies = [("quality", "0028_appeals")]

    operations = [migrations.RunSQL(INDEX, "DROP INDEX quality_issue_words")]
