"""An issue cites a rule of the guidelines."""


from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('quality', '0003_what_a_second_reviewer_said'),
    ]

    operations = [
        migrations.AddField(
            model_name='issue',
            name='rule',
            field=models.UUIDField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='issue',
            name='rule_title',
            field=models.CharField(blank=True, max_length=250),
        ),
    ]
