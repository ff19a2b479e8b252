"""Recertification walks grants by when somebody last looked at them."""

import django.db.models.functions.comparison
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        ('labeling', '0015_overlap_of_batches_and_extra_opinions'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name='projectpersongrant',
            index=models.Index(django.db.models.functions.comparison.Coalesce('kept_at', 'granted_at'), models.F('id'), name='person_grants_by_last_look'),
        ),
        migrations.AddIndex(
            model_name='projectteamgrant',
            index=models.Index(django.db.models.functions.comparison.Coalesce('kept_at', 'granted_at'), models.F('id'), name='team_grants_by_last_look'),
        ),
    ]
