"""Rows to practise on with their known answers, and the first answers of people, which are only ever added."""

import django.db.models.deletion
import uuid
import workforce.models.uids
from django.conf import settings
from django.db import migrations, models


STAYS = """
CREATE TRIGGER practice_answer_stays BEFORE UPDATE ON quality_practiceanswer
    FOR EACH ROW EXECUTE FUNCTION quality_stays();
"""
MAY_CHANGE = "DROP TRIGGER practice_answer_stays ON quality_practiceanswer"


class Migration(migrations.Migration):

    dependencies = [
        ('labeling', '0016_grants_by_last_look'),
        ('quality', '0019_quizzes'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='PracticeRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('payload', models.JSONField()),
                ('rules', models.JSONField(default=list)),
                ('explanation', models.TextField(blank=True)),
                ('made_at', models.DateTimeField(db_default=workforce.models.uids.ClockTimestamp(), editable=False)),
                ('retired_at', models.DateTimeField(null=True)),
                ('data_row', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='quality_practice_rows', to='labeling.datarow')),
                ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('made_from', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='labeling.label')),
                ('ontology_version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='labeling.ontologyversion')),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='quality_practice_rows', to='labeling.project')),
            ],
        ),
        migrations.CreateModel(
            name='PracticeAnswer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('payload', models.JSONField()),
                ('score', models.FloatField()),
                ('errors', models.JSONField(default=dict)),
                ('made_at', models.DateTimeField(db_default=workforce.models.uids.ClockTimestamp(), editable=False)),
                ('ontology_version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='labeling.ontologyversion')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='quality_practice_answers', to='labeling.project')),
                ('row', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='answers', to='quality.practicerow')),
            ],
        ),
        migrations.AddConstraint(
            model_name='practicerow',
            constraint=models.UniqueConstraint(condition=models.Q(('retired_at', None)), fields=('project', 'data_row'), name='practised_once_at_a_time'),
        ),
        migrations.AddIndex(
            model_name='practiceanswer',
            index=models.Index(fields=['project', 'person', 'made_at'], name='practice_of_person'),
        ),
        migrations.AddConstraint(
            model_name='practiceanswer',
            constraint=models.UniqueConstraint(fields=('row', 'person'), name='first_practice_answer_once'),
        ),
        migrations.AddConstraint(
            model_name='practiceanswer',
            constraint=models.CheckConstraint(condition=models.Q(('score__gte', 0), ('score__lte', 1)), name='practice_score_is_a_share'),
        ),
        migrations.RunSQL(STAYS, MAY_CHANGE),
    ]
