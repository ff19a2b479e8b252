"""Guidelines in versions that never change, who has read which, and under which a label version was made."""

import django.db.models.deletion
import uuid
import workforce.models.uids
from django.conf import settings
from django.db import migrations, models


STAYS = """
CREATE TRIGGER guideline_version_stays BEFORE UPDATE ON labeling_guidelineversion
    FOR EACH ROW EXECUTE FUNCTION labeling_version_stays();
"""
REMOVE_STAYS = "DROP TRIGGER guideline_version_stays ON labeling_guidelineversion"


class Migration(migrations.Migration):

    dependencies = [
        ('labeling', '0007_indexes_of_lists_and_sweeps'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Guideline',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('last_version', models.PositiveIntegerField(default=0)),
                ('last_rule', models.PositiveIntegerField(default=0)),
                ('project', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='guideline', to='labeling.project')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='GuidelineVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('number', models.PositiveIntegerField()),
                ('text', models.TextField()),
                ('rules', models.JSONField(default=list)),
                ('made_at', models.DateTimeField(db_default=workforce.models.uids.ClockTimestamp(), editable=False)),
                ('author', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('guideline', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='versions', to='labeling.guideline')),
            ],
        ),
        migrations.CreateModel(
            name='GuidelineReading',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('read_at', models.DateTimeField(db_default=workforce.models.uids.ClockTimestamp(), editable=False)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='readings', to='labeling.guidelineversion')),
            ],
        ),
        migrations.AddField(
            model_name='labelversion',
            name='guideline_version',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='label_versions', to='labeling.guidelineversion'),
        ),
        migrations.AddConstraint(
            model_name='guidelineversion',
            constraint=models.UniqueConstraint(fields=('guideline', 'number'), name='guideline_version_once'),
        ),
        migrations.AddConstraint(
            model_name='guidelinereading',
            constraint=models.UniqueConstraint(fields=('version', 'person'), name='guidelines_read_once'),
        ),
        migrations.RunSQL(STAYS, REMOVE_STAYS),
    ]
