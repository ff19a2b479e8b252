"""Issues are assigned, due, severe, duplicates and mentioned; categories are each project's own; words have versions."""

import django.db.models.deletion
import uuid
import workforce.models.uids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('labeling', '0018_people_may_be_vetted'),
        ('quality', '0020_practice'),
        ('workforce', '0011_alerts'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='IssueCommentVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('text', models.TextField()),
                ('made_at', models.DateTimeField(db_default=workforce.models.uids.ClockTimestamp(), editable=False)),
            ],
        ),
        migrations.CreateModel(
            name='IssueEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('opened', 'opened it'), ('commented', 'said something'), ('edited', 'changed a comment'), ('withdrawn', 'withdrew a comment'), ('state', 'moved it'), ('category', 'changed the category'), ('severity', 'changed the severity'), ('assigned', 'assigned it'), ('due', 'changed when it is due'), ('duplicate', 'marked it as a duplicate'), ('promoted', 'made it a guideline')], max_length=10)),
                ('before', models.JSONField(default=dict)),
                ('after', models.JSONField(default=dict)),
                ('made_at', models.DateTimeField(db_default=workforce.models.uids.ClockTimestamp(), editable=False)),
            ],
        ),
        migrations.CreateModel(
            name='IssueMention',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(blank=True, max_length=20)),
                ('made_at', models.DateTimeField(db_default=workforce.models.uids.ClockTimestamp(), editable=False)),
            ],
        ),
        migrations.CreateModel(
            name='QuestionAtSubmit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField()),
            ],
        ),
        migrations.AddField(
            model_name='issue',
            name='assignee',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='quality_assigned_issues', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='issue',
            name='assignee_role',
            field=models.CharField(blank=True, max_length=20),
        ),
        migrations.AddField(
            model_name='issue',
            name='assignee_team',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='quality_assigned_issues', to='workforce.team'),
        ),
        migrations.AddField(
            model_name='issue',
            name='due_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='issue',
            name='duplicate_of',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='duplicates', to='quality.issue'),
        ),
        migrations.AddField(
            model_name='issue',
            name='first_answered_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='issue',
            name='last_moved_at',
            field=models.DateTimeField(db_default=workforce.models.uids.ClockTimestamp()),
        ),
        migrations.AddField(
            model_name='issue',
            name='reopened_count',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='issue',
            name='severity',
            field=models.CharField(choices=[('low', 'Low'), ('normal', 'Normal'), ('high', 'High'), ('blocking', 'Blocking')], default='normal', max_length=8),
        ),
        migrations.AddField(
            model_name='issuecomment',
            name='last_version',
            field=models.PositiveIntegerField(default=1, editable=False),
        ),
        migrations.AddField(
            model_name='issuecomment',
            name='withdrawn_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name='issue',
            name='state',
            field=models.CharField(choices=[('open', 'open'), ('answered', 'answered'), ('resolved', 'resolved'), ('reopened', 'reopened'), ('duplicate', 'duplicate')], default='open', max_length=9),
        ),
        migrations.CreateModel(
            name='IssueCategory',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('code', models.SlugField(max_length=40)),
                ('name', models.CharField(max_length=60)),
                ('description', models.CharField(blank=True, max_length=300)),
                ('is_retired', models.BooleanField(default=False)),
                ('order', models.PositiveSmallIntegerField(default=0)),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='quality_issue_categories', to='labeling.project')),
            ],
        ),
        migrations.RenameField('issue', 'category', 'category_was'),
        migrations.AlterField('issue', 'category_was', models.CharField(default='', max_length=20)),
        migrations.AddField(
            model_name='issue',
            name='category',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='issues', to='quality.issuecategory'),
        ),
        migrations.AddConstraint(
            model_name='issue',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('assignee', None), ('assignee_team', None)), models.Q(('assignee', None), ('assignee_role', '')), models.Q(('assignee_role', ''), ('assignee_team', None)), _connector='OR'), name='issue_has_one_assignee'),
        ),
        migrations.AddConstraint(
            model_name='issue',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('duplicate_of__isnull', False), ('state', 'duplicate')), models.Q(models.Q(('state', 'duplicate'), _negated=True), ('duplicate_of', None)), _connector='OR'), name='duplicate_names_its_root'),
        ),
        migrations.AddConstraint(
            model_name='issue',
            constraint=models.CheckConstraint(condition=models.Q(('duplicate_of', models.F('id')), _negated=True), name='issue_is_no_duplicate_of_itself'),
        ),
        migrations.AddField(
            model_name='issuecommentversion',
            name='author',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='issuecommentversion',
            name='comment',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='versions', to='quality.issuecomment'),
        ),
        migrations.AddField(
            model_name='issueevent',
            name='actor',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='issueevent',
            name='comment',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='quality.issuecomment'),
        ),
        migrations.AddField(
            model_name='issueevent',
            name='issue',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='events', to='quality.issue'),
        ),
        migrations.AddField(
            model_name='issuemention',
            name='comment',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='mentions', to='quality.issuecomment'),
        ),
        migrations.AddField(
            model_name='issuemention',
            name='person',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='quality_mentions', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='issuemention',
            name='team',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='quality_mentions', to='workforce.team'),
        ),
        migrations.AddField(
            model_name='questionatsubmit',
            name='issue',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='submits', to='quality.issue'),
        ),
        migrations.AddField(
            model_name='questionatsubmit',
            name='label',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='quality_questions', to='labeling.label'),
        ),
        migrations.AddConstraint(
            model_name='issuecategory',
            constraint=models.UniqueConstraint(fields=('project', 'code'), name='category_code_once'),
        ),
        migrations.AddConstraint(
            model_name='issuecategory',
            constraint=models.UniqueConstraint(condition=models.Q(('is_retired', False)), fields=('project', 'name'), name='category_name_once'),
        ),
        migrations.AddConstraint(
            model_name='issuecommentversion',
            constraint=models.UniqueConstraint(fields=('comment', 'number'), name='comment_version_once'),
        ),
        migrations.AddIndex(
            model_name='issueevent',
            index=models.Index(fields=['issue', 'id'], name='issue_events_in_order'),
        ),
        migrations.AddConstraint(
            model_name='issuemention',
            constraint=models.UniqueConstraint(fields=('comment', 'person'), name='person_mentioned_once'),
        ),
        migrations.AddConstraint(
            model_name='issuemention',
            constraint=models.UniqueConstraint(fields=('comment', 'team'), name='team_mentioned_once'),
        ),
        migrations.AddConstraint(
            model_name='issuemention',
            constraint=models.UniqueConstraint(condition=models.Q(('role', ''), _negated=True), fields=('comment', 'role'), name='role_mentioned_once'),
        ),
        migrations.AddConstraint(
            model_name='issuemention',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('person__isnull', False), ('role', ''), ('team', None)), models.Q(('person', None), ('role', ''), ('team__isnull', False)), models.Q(('person', None), ('team', None), models.Q(('role', ''), _negated=True)), _connector='OR'), name='mention_is_of_one'),
        ),
        migrations.AddConstraint(
            model_name='questionatsubmit',
            constraint=models.UniqueConstraint(fields=('label', 'version', 'issue'), name='question_at_submit_once'),
        ),
    ]
