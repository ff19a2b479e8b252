"""How many people label a row, over HTTP: the settings in force, what a change would do and cost, and the change."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling import overlap, projects_list
from labeling.api.projects import project_named
from labeling.models import Batch, Project
from labeling.models.projects import MOST_EXTRA
from workforce import access
from workforce.api.repeats import repeatable
from workforce.api.shapes import Body, RefusalShape, filters_of, person_of, values_of
from workforce.errors import NotFound
from workforce.models import Token
from workforce.roles import Permission


class OverlapShape(serializers.Serializer[Any]):
    """The settings in force."""

    consensus_share = serializers.IntegerField(help_text="Percent of the rows that several people label.")
    consensus_labels = serializers.IntegerField(help_text="How many people label such a row.")
    consensus_threshold = serializers.FloatField(help_text="From here on a row is sure, 0 to 1.")
    consensus_most_extra = serializers.IntegerField(help_text="Opinions asked for beyond that while a row is unsure.")
    consensus_extra_hours = serializers.FloatField(allow_null=True, help_text="Of such work; null: no limit.")
    consensus_strategy = serializers.ChoiceField(choices=Project.Strategy.choices)
    consensus_machine_weight = serializers.FloatField(help_text="A machine's opinion beside a person's 1; 0: none.")
    consensus_version = serializers.IntegerField(help_text="Counts the changes of project and batches.")


class BatchOverlapShape(OverlapShape):
    batch = serializers.UUIDField()
    name = serializers.CharField()
    own = serializers.ListField(child=serializers.CharField(), help_text="What the batch says itself.")


class OverlapOfProject(OverlapShape):
    batches = BatchOverlapShape(many=True, help_text="Those that want something otherwise.")


class OverlapChange(Body):
    """What is left out stays; null takes a batch's own setting away."""

    batch = serializers.UUIDField(required=False, help_text="The whole project when left out.")
    version = serializers.IntegerField(required=False, help_text="Of the preview: refused when it is not the newest.")
    consensus_share = serializers.IntegerField(min_value=0, max_value=100, required=False, allow_null=True)
    consensus_labels = serializers.IntegerField(min_value=2, max_value=50, required=False, allow_null=True)
    consensus_threshold = serializers.FloatField(min_value=0, max_value=1, required=False, allow_null=True)
    consensus_most_extra = serializers.IntegerField(min_value=0, max_value=MOST_EXTRA, required=False, allow_null=True)
    consensus_extra_hours = serializers.FloatField(min_value=0, required=False, allow_null=True)
    consensus_strategy = serializers.ChoiceField(choices=Project.Strategy.choices, required=False, allow_null=True)
    consensus_machine_weight = serializers.FloatField(min_value=0, max_value=1, required=False, allow_null=True)


class CostShape(serializers.Serializer[Any]):
    currency = serializers.CharField()
    amount = serializers.DecimalField(max_digits=20, decimal_places=2)
    share = serializers.FloatField(help_text="Of the work that is paid in it.")


class ChangeShape(serializers.Serializer[Any]):
    version = serializers.IntegerField()
    unfinished = serializers.IntegerField(help_text="Rows for which the change holds.")
    rows_more = serializers.IntegerField()
    rows_fewer = serializers.IntegerField()
    more = serializers.IntegerField(help_text="Opinions asked for.")
    fewer = serializers.IntegerField(help_text="Queued opinions cancelled.")
    kept_in_hand = serializers.IntegerField(help_text="Too many, but leased: they stay.")
    complete = serializers.IntegerField(help_text="Rows that wait for no opinion then.")
    extra = serializers.IntegerField(help_text="How many more the dynamic overlap may ask for, at most, about.")
    minutes = serializers.FloatField(source="measured.minutes", allow_null=True, help_text="Measured, of one row.")
    measured_rows = serializers.IntegerField(source="measured.n")
    hours = serializers.FloatField(allow_null=True, help_text="Of work, negative when saved.")
    cost = CostShape(many=True, allow_null=True, help_text="Null for who may not see rates.")


class Overlap(APIView):
    token_scope = Token.Scope.MANAGE

    @extend_schema(operation_id="projects_consensus", responses={200: OverlapOfProject})
    def get(self, request: Request, uid: str) -> Response:
        filters_of(request)
        project = project_named(request, uid)
        access.require(person_of(request), Permission.VIEW_QUEUE, project)
        return Response(OverlapOfProject(_told(project)).data)

    @extend_schema(
        operation_id="projects_consensus_change",
        request=OverlapChange,
        responses={200: ChangeShape, 409: RefusalShape},
    )
    @repeatable
    def patch(self, request: Request, uid: str) -> Response:
        """Holds for rows that are not finished; leased rows stay with who has them."""
        project, batch, changes, version = _read(request, uid)
        done = overlap.change_overlap(person_of(request), project, changes, batch=batch, version=version)
        return Response(ChangeShape(_with_hours(done)).data)


class OverlapPreview(APIView):
    token_scope = Token.Scope.MANAGE

    @extend_schema(
        operation_id="projects_consensus_preview",
        request=OverlapChange,
        responses={200: ChangeShape, 422: RefusalShape},
    )
    @repeatable
    def post(self, request: Request, uid: str) -> Response:
        """What the same change would do and cost now. Changes nothing."""
        project, batch, changes, _ = _read(request, uid)
        change = overlap.preview_overlap(person_of(request), project, changes, batch=batch)
        return Response(ChangeShape(_with_hours(change)).data)


def _read(request: Request, uid: str) -> tuple[Project, Batch | None, dict[str, Any], int | None]:
    project = project_named(request, uid)
    access.require(person_of(request), Permission.CHANGE_PROJECT, project)
    values = values_of(OverlapChange, request, partial=True)
    named, version = values.pop("batch", None), values.pop("version", None)
    batch = projects_list.batch_named(project, str(named)) if named else None
    if named and batch is None:
        raise NotFound
    return project, batch, values, version


def _told(project: Project) -> dict[str, Any]:
    batches = [
        {
            **overlap.settings_in_words(overlap.overlap_of(project, batch)),
            "batch": batch.uid,
            "name": batch.name,
            "own": [name for name in overlap.FIELDS if getattr(batch, name) is not None],
        }
        for batch in overlap.batches_with_own(project)
    ]
    return {**overlap.settings_in_words(overlap.overlap_of(project)), "batches": batches}


def _with_hours(change: overlap.Change) -> dict[str, Any]:
    return {**vars(change), "hours": change.measured.hours_of(change.opinions)}
