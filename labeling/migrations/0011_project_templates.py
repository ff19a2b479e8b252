"""Templates of projects."""

import django.db.models.deletion
import uuid
import workforce.models.uids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('labeling', '0010_grants_are_looked_at_again'),
        ('workforce', '0003_jobs_and_seals'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ProjectTemplate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('name', models.CharField(max_length=150)),
                ('quality', models.JSONField(default=dict)),
                ('grants', models.JSONField(default=list)),
                ('guidelines_text', models.TextField(blank=True)),
                ('guidelines_rules', models.JSONField(default=list)),
                ('created_at', models.DateTimeField(db_default=workforce.models.uids.ClockTimestamp(), editable=False)),
                ('retired_at', models.DateTimeField(null=True)),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('ontology', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='project_templates', to='labeling.ontology')),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='labeling_project_templates', to='workforce.organization')),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('retired_at', None)), fields=('organization', 'name'), name='project_template_name_once')],
            },
        ),
    ]
