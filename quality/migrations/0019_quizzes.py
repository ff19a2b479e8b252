"""Quizzes: questions in versions that never change, and attempts that are only ever added."""

import django.db.models.deletion
import uuid
import workforce.models.uids
from django.conf import settings
from django.db import migrations, models


STAYS = """
CREATE TRIGGER quiz_version_stays BEFORE UPDATE ON quality_quizversion
    FOR EACH ROW EXECUTE FUNCTION quality_stays();
CREATE TRIGGER quiz_attempt_stays BEFORE UPDATE ON quality_quizattempt
    FOR EACH ROW EXECUTE FUNCTION quality_stays();
"""
MAY_CHANGE = """
DROP TRIGGER quiz_version_stays ON quality_quizversion;
DROP TRIGGER quiz_attempt_stays ON quality_quizattempt;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('labeling', '0016_grants_by_last_look'),
        ('quality', '0018_vetting'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Quiz',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('last_version', models.PositiveIntegerField(default=0)),
                ('passes_from', models.PositiveIntegerField(default=1)),
                ('retired_at', models.DateTimeField(null=True)),
                ('project', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='quality_quiz', to='labeling.project')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='QuizVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('number', models.PositiveIntegerField()),
                ('questions', models.JSONField()),
                ('pass_bar', models.FloatField()),
                ('most_tries', models.PositiveSmallIntegerField()),
                ('wait_minutes', models.PositiveIntegerField()),
                ('asks_again', models.BooleanField(default=False)),
                ('made_at', models.DateTimeField(db_default=workforce.models.uids.ClockTimestamp(), editable=False)),
                ('author', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('quiz', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='versions', to='quality.quiz')),
            ],
        ),
        migrations.CreateModel(
            name='QuizAttempt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('number', models.PositiveIntegerField()),
                ('answers', models.JSONField()),
                ('marks', models.JSONField()),
                ('share', models.FloatField()),
                ('is_passed', models.BooleanField()),
                ('made_at', models.DateTimeField(db_default=workforce.models.uids.ClockTimestamp(), editable=False)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='quality_quiz_attempts', to='labeling.project')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='attempts', to='quality.quizversion')),
            ],
        ),
        migrations.AddConstraint(
            model_name='quizversion',
            constraint=models.UniqueConstraint(fields=('quiz', 'number'), name='quiz_version_once'),
        ),
        migrations.AddConstraint(
            model_name='quizversion',
            constraint=models.CheckConstraint(condition=models.Q(('pass_bar__gt', 0), ('pass_bar__lte', 1)), name='quiz_bar_is_a_share'),
        ),
        migrations.AddConstraint(
            model_name='quizattempt',
            constraint=models.UniqueConstraint(fields=('project', 'person', 'number'), name='quiz_attempt_once'),
        ),
        migrations.AddConstraint(
            model_name='quizattempt',
            constraint=models.CheckConstraint(condition=models.Q(('share__gte', 0), ('share__lte', 1)), name='quiz_share_is_a_share'),
        ),
        migrations.RunSQL(STAYS, MAY_CHANGE),
    ]
