from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("labeling", "0019_reviews_of_appeals")]

    operations = [
        migrations.AddIndex(
            model_name="slot",
            index=models.Index(
                condition=Q(("kind", "review"), ("state__in", ["open", "leased"]), ("step__gt", 1)),
                fields=["project", "step", "project_row"],
                name="slots_to_review_again",
            ),
        ),
    ]
