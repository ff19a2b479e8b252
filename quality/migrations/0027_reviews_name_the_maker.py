"""A review names the maker of its label, so that the newest results of a person are found however large a project."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

FILL = """
CREATE FUNCTION quality_review_names_the_maker() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.maker_id := (SELECT labeler_id FROM labeling_label WHERE id = NEW.label_id);
    RETURN NEW;
END $$;
CREATE TRIGGER review_names_the_maker BEFORE INSERT ON quality_review
    FOR EACH ROW EXECUTE FUNCTION quality_review_names_the_maker();
-- A table with rows that wait for a deferred check cannot be altered in the same transaction.
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE quality_review DISABLE TRIGGER review_stays;
UPDATE quality_review SET maker_id = labeler_id FROM labeling_label WHERE labeling_label.id = label_id;
ALTER TABLE quality_review ENABLE TRIGGER review_stays;
SET CONSTRAINTS ALL DEFERRED;
"""
REMOVE = """
DROP TRIGGER review_names_the_maker ON quality_review;
DROP FUNCTION quality_review_names_the_maker();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('quality', '0026_review_in_steps'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='review',
            name='maker',
            field=models.ForeignKey(db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.RunSQL(FILL, REMOVE),
        migrations.AddIndex(
            model_name='review',
            index=models.Index(condition=models.Q(('ordinal', 1)), fields=['project', 'maker', '-id'], name='first_looks_of_maker'),
        ),
        migrations.AddIndex(
            model_name='review',
            index=models.Index(fields=['project', 'step', 'made_at'], name='reviews_by_step'),
        ),
    ]
