"""How much of a class may come from one person; limits that a vendor sets of own people."""

import django.core.validators
import django.db.models.deletion
import workforce.models.uids
from django.conf import settings
from django.db import migrations, models


# What the opinions that count say now: of each the last version that its maker wrote.
FILL = """
WITH RECURSIVE last AS (
    SELECT DISTINCT ON (l.id) l.id, l.project_id, l.project_row_id, l.labeler_id, v.payload
    FROM labeling_label l
    JOIN labeling_slot s ON s.id = l.slot_id AND s.state <> 'revoked'
    JOIN labeling_labelversion v ON v.label_id = l.id AND v.author_id = l.labeler_id
    WHERE l.kind = 'opinion' ORDER BY l.id, v.number DESC
), entry AS (
    SELECT last.id, said.one FROM last, jsonb_array_elements(payload -> 'features') AS said(one)
    UNION ALL
    SELECT entry.id, said.one FROM entry, jsonb_array_elements(entry.one -> 'nested') AS said(one)
), named AS (
    SELECT id, one ->> 'feature' AS name FROM entry
    WHERE one ->> 'kind' IN ('box', 'polygon', 'polyline', 'point')
    UNION ALL
    SELECT id, (one ->> 'feature') || ':' || (one ->> 'value') FROM entry WHERE one ->> 'kind' = 'radio'
    UNION ALL
    SELECT id, (one ->> 'feature') || ':' || chosen.value
    FROM entry, jsonb_array_elements_text(one -> 'value') AS chosen(value) WHERE one ->> 'kind' = 'checklist'
)
INSERT INTO labeling_classtally (project_id, project_row_id, label_id, person_id, name, amount, is_folded)
SELECT last.project_id, last.project_row_id, last.id, last.labeler_id, named.name, count(*), false
FROM named JOIN last USING (id) GROUP BY 1, 2, 3, 4, 5
"""


class Migration(migrations.Migration):

    dependencies = [
        ('labeling', '0012_slots_know_their_batch'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ClassTally',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=401)),
                ('amount', models.IntegerField()),
                ('is_folded', models.BooleanField(default=False)),
            ],
        ),
        migrations.CreateModel(
            name='ClassTotal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=401)),
                ('value', models.BigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='ShareLimit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('percent', models.PositiveSmallIntegerField(validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(99)])),
                ('counts_from', models.PositiveIntegerField(validators=[django.core.validators.MinValueValidator(1)])),
                ('is_vendors', models.BooleanField(default=False)),
                ('set_at', models.DateTimeField(db_default=workforce.models.uids.ClockTimestamp(), editable=False)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='daylimit',
            name='one_day_limit_per_person_and_project',
        ),
        migrations.AddField(
            model_name='daylimit',
            name='is_vendors',
            field=models.BooleanField(default=False),
        ),
        migrations.AddConstraint(
            model_name='daylimit',
            constraint=models.UniqueConstraint(fields=('project', 'person', 'is_vendors'), name='one_day_limit_per_person_and_project'),
        ),
        migrations.AddField(
            model_name='classtally',
            name='label',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='labeling.label'),
        ),
        migrations.AddField(
            model_name='classtally',
            name='person',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='classtally',
            name='project',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='labeling.project'),
        ),
        migrations.AddField(
            model_name='classtally',
            name='project_row',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='labeling.projectrow'),
        ),
        migrations.AddField(
            model_name='classtotal',
            name='person',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='classtotal',
            name='project',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='labeling.project'),
        ),
        migrations.AddField(
            model_name='sharelimit',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='labeling_share_limits', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='sharelimit',
            name='project',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='share_limits', to='labeling.project'),
        ),
        migrations.AddField(
            model_name='sharelimit',
            name='set_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddIndex(
            model_name='classtally',
            index=models.Index(fields=['project_row', 'name'], include=('amount',), name='classes_of_row'),
        ),
        migrations.AddIndex(
            model_name='classtally',
            index=models.Index(condition=models.Q(('is_folded', False)), fields=['project'], name='class_tallies_to_fold'),
        ),
        migrations.AddConstraint(
            model_name='classtotal',
            constraint=models.UniqueConstraint(fields=('project', 'person', 'name'), name='class_total_once', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='sharelimit',
            constraint=models.UniqueConstraint(fields=('project', 'person', 'is_vendors'), name='one_share_limit_per_person_and_project'),
        ),
        migrations.AddConstraint(
            model_name='sharelimit',
            constraint=models.CheckConstraint(condition=models.Q(('percent__range', (1, 99))), name='share_limit_is_a_share'),
        ),
        migrations.AddConstraint(
            model_name='sharelimit',
            constraint=models.CheckConstraint(condition=models.Q(('counts_from__gte', 1)), name='share_counts_from_a_label'),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
