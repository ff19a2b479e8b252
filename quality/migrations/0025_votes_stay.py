"""A vote that was given stays: another one is added."""

from django.db import migrations

STAYS = """
CREATE TRIGGER vote_stays BEFORE UPDATE OR DELETE ON quality_proposalvote
    FOR EACH ROW EXECUTE FUNCTION quality_stays();
"""
MAY_CHANGE = "DROP TRIGGER vote_stays ON quality_proposalvote;"


class Migration(migrations.Migration):
    dependencies = [("quality", "0024_proposals_votes_and_promotions")]

    operations = [migrations.RunSQL(STAYS, MAY_CHANGE)]
