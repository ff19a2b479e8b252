"""A draft of a review names the label and version it was typed over; work that was overtaken stays as a copy."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("labeling", "0005_an_opinion_is_made_on_a_label_slot")]

    operations = [
        migrations.AddField(
            model_name="draft",
            name="label",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=models.CASCADE, related_name="+", to="labeling.label"
            ),
        ),
        migrations.AddField(model_name="draft", name="label_version", field=models.PositiveIntegerField(null=True)),
        migrations.AddField(model_name="draft", name="is_copy", field=models.BooleanField(default=False)),
        migrations.RemoveConstraint(model_name="draft", name="one_draft_per_person_and_row"),
        migrations.AddConstraint(
            model_name="draft",
            constraint=models.UniqueConstraint(
                fields=["project_row", "person", "kind", "label", "label_version"],
                condition=Q(is_copy=False),
                nulls_distinct=False,
                name="one_current_draft_per_person_and_row",
            ),
        ),
    ]
