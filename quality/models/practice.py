"""Practice: data rows with a known answer, and how each person answered them first."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from labeling.models import DataRow, Label, OntologyVersion, Project
from workforce.models import ClockTimestamp, Identified


class PracticeRow(Identified):
    """A data row to practise on in a project, its known answer, why that is right and by which rules. Another answer
    is another row: results stay explained."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="quality_practice_rows")
    data_row = models.ForeignKey(DataRow, models.PROTECT, related_name="quality_practice_rows")
    payload = models.JSONField()
    ontology_version = models.ForeignKey(OntologyVersion, models.PROTECT, related_name="+")
    # [{"uid", "title"}]: rules of the guidelines as they were called then.
    rules = models.JSONField(default=list)
    explanation = models.TextField(blank=True)
    # The label whose last version was copied, if one was.
    made_from = models.ForeignKey(Label, models.PROTECT, null=True, related_name="+")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)
    retired_at = models.DateTimeField(null=True)

    access_root = "project"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "data_row"], condition=Q(retired_at=None), name="practised_once_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"practice on {self.data_row_id}"


class PracticeAnswer(Identified):
    """The first answer of a person to a practice row, compared with the known one. Only ever added."""

    row = models.ForeignKey(PracticeRow, models.CASCADE, related_name="answers")
    # Repeats the row's, so that lists and the right to see them need no way around.
    project = models.ForeignKey(Project, models.CASCADE, related_name="quality_practice_answers")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    payload = models.JSONField()
    ontology_version = models.ForeignKey(OntologyVersion, models.PROTECT, related_name="+")
    score = models.FloatField()
    # Kind of error → how many objects and answers.
    errors = models.JSONField(default=dict)
    made_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)

    access_root = "project"
    access_owner = "person"

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["row", "person"], name="first_practice_answer_once"),
            models.CheckConstraint(condition=Q(score__gte=0, score__lte=1), name="practice_score_is_a_share"),
        ]
        indexes = [models.Index(fields=["project", "person", "made_at"], name="practice_of_person")]

    def __str__(self) -> str:
        return f"{self.person_id} on {self.row_id}: {self.score:.2f}"
