"""Skills with their history, and what projects and batches ask for. A value that was noted stays as it is."""


import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import uuid
import workforce.models.uids
from django.conf import settings
from django.db import migrations, models

STAYS = """
CREATE TRIGGER skill_stays BEFORE UPDATE OR DELETE ON quality_skill
    FOR EACH ROW EXECUTE FUNCTION quality_stays();
"""
MAY_CHANGE = "DROP TRIGGER skill_stays ON quality_skill;"


class Migration(migrations.Migration):

    dependencies = [
        ('labeling', '0012_slots_know_their_batch'),
        ('quality', '0004_issues_cite_rules'),
        ('workforce', '0003_jobs_and_seals'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='SkillName',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('name', models.CharField(max_length=60)),
                ('created_at', models.DateTimeField(db_default=workforce.models.uids.ClockTimestamp(), editable=False)),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='quality_skill_names', to='workforce.organization')),
            ],
        ),
        migrations.CreateModel(
            name='Skill',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('value', models.PositiveSmallIntegerField(validators=[django.core.validators.MaxValueValidator(100)])),
                ('evidence', models.TextField()),
                ('noted_on', models.DateField()),
                ('source', models.CharField(choices=[('hand', 'by hand'), ('import', 'import')], default='hand', max_length=6)),
                ('set_at', models.DateTimeField(db_default=workforce.models.uids.ClockTimestamp(), editable=False)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='quality_skills', to='workforce.organization')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='quality_skills', to=settings.AUTH_USER_MODEL)),
                ('set_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('skill_name', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='skills', to='quality.skillname')),
            ],
        ),
        migrations.CreateModel(
            name='MinimumSkill',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('value', models.PositiveSmallIntegerField(validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(100)])),
                ('set_at', models.DateTimeField(db_default=workforce.models.uids.ClockTimestamp(), editable=False)),
                ('batch', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='quality_minimum_skills', to='labeling.batch')),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='quality_minimum_skills', to='labeling.project')),
                ('set_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('skill_name', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='minimums', to='quality.skillname')),
            ],
        ),
        migrations.AddConstraint(
            model_name='skillname',
            constraint=models.UniqueConstraint(models.F('organization'), django.db.models.functions.text.Lower('name'), name='skill_name_once'),
        ),
        migrations.AddIndex(
            model_name='skill',
            index=models.Index(fields=['person', 'skill_name', '-id'], name='skill_in_force'),
        ),
        migrations.AddConstraint(
            model_name='skill',
            constraint=models.CheckConstraint(condition=models.Q(('value__lte', 100)), name='skill_is_at_most_a_hundred'),
        ),
        migrations.AddConstraint(
            model_name='minimumskill',
            constraint=models.UniqueConstraint(condition=models.Q(('batch', None)), fields=('project', 'skill_name'), name='one_minimum_per_project'),
        ),
        migrations.AddConstraint(
            model_name='minimumskill',
            constraint=models.UniqueConstraint(fields=('batch', 'skill_name'), name='one_minimum_per_batch'),
        ),
        migrations.AddConstraint(
            model_name='minimumskill',
            constraint=models.CheckConstraint(condition=models.Q(('value__gt', 0), ('value__lte', 100)), name='minimum_skill_is_one_to_a_hundred'),
        ),
        migrations.RunSQL(STAYS, MAY_CHANGE),
    ]
