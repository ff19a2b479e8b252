"""A person gets no new row of a project for a while, or only so many a day."""


import django.core.validators
import django.db.models.deletion
import uuid
import workforce.models.uids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('labeling', '0008_guidelines'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='DayLimit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rows', models.PositiveIntegerField(validators=[django.core.validators.MinValueValidator(1)])),
                ('set_at', models.DateTimeField(db_default=workforce.models.uids.ClockTimestamp(), editable=False)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='labeling_day_limits', to=settings.AUTH_USER_MODEL)),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='day_limits', to='labeling.project')),
                ('set_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('project', 'person'), name='one_day_limit_per_person_and_project'), models.CheckConstraint(condition=models.Q(('rows__gte', 1)), name='day_limit_is_a_row_at_least')],
            },
        ),
        migrations.CreateModel(
            name='Pause',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('reason', models.TextField()),
                ('told', models.TextField()),
                ('paused_at', models.DateTimeField(db_default=workforce.models.uids.ClockTimestamp(), editable=False)),
                ('ends_at', models.DateTimeField(blank=True, null=True)),
                ('resumed_at', models.DateTimeField(null=True)),
                ('paused_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='labeling_pauses', to=settings.AUTH_USER_MODEL)),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='pauses', to='labeling.project')),
                ('resumed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('resumed_at', None)), fields=('project', 'person'), name='one_pause_per_person_and_project')],
            },
        ),
    ]
