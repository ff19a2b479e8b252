"""A small line to stand on: ontology, pictures, project, one batch, and the cast with their roles."""

import io
import uuid
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import Permission
from PIL import Image

from labeling import batches, datasets, ontologies, projects
from labeling.assets import Asset, take_picture
from labeling.data_rows import NewRow, add_rows
from labeling.models import (
    DataRow,
    Dataset,
    OntologyVersion,
    Project,
    ProjectPersonGrant,
    ProjectTeamGrant,
    Slot,
)
from labeling.projects import ProjectSettings
from tests.cast import Cast
from workforce.models import Person
from workforce.roles import Role

CAR, PLATE, LIGHT = (str(uuid.UUID(int=n)) for n in (1, 2, 3))
DOCUMENT = {
    "features": [
        {
            "uid": CAR,
            "name": "Car",
            "kind": "box",
            "questions": [
                {
                    "uid": PLATE,
                    "name": "Seen from",
                    "kind": "radio",
                    "options": [{"value": "front", "label": "Front"}, {"value": "back", "label": "Back"}],
                }
            ],
        },
        {
            "uid": LIGHT,
            "name": "Light",
            "kind": "radio",
            "is_required": True,
            "options": [{"value": "day", "label": "Day"}, {"value": "night", "label": "Night"}],
        },
    ]
}
WIDTH, HEIGHT = 64, 48


@dataclass
class Line:
    cast: Cast
    ontology: OntologyVersion
    dataset: Dataset
    project: Project

    def slots(self) -> Any:
        return Slot.objects.filter(project=self.project)


def picture_bytes(color: str = "gray", size: tuple[int, int] = (WIDTH, HEIGHT), form: str = "PNG") -> io.BytesIO:
    data = io.BytesIO()
    Image.new("RGB", size, color).save(data, format=form)
    data.seek(0)
    return data


def payload(*boxes: tuple[float, float, float, float], light: str = "day") -> dict[str, Any]:
    objects = [
        {"feature": CAR, "kind": "box", "id": str(uuid.uuid4()), "value": list(box), "nested": []} for box in boxes
    ]
    answer = {"feature": LIGHT, "kind": "radio", "id": str(uuid.uuid4()), "value": light, "nested": []}
    return {"features": [*objects, answer], "relations": []}


ROLES = {
    "pia": Role.PROJECT_LEAD,
    "lena": Role.LABELER,
    "leo": Role.LABELER,
    "lia": Role.LABELER,
    "rita": Role.REVIEWER,
    "eva": Role.EXPERT,
    "tom": Role.TEAM_LEAD,
    "dora": Role.LABELER,
}


def make_line(
    cast: Cast,
    *,
    rows: int = 4,
    asset: Asset | None = None,
    name: str = "",
    document: dict[str, Any] = DOCUMENT,
    **settings: Any,
) -> Line:
    """``name`` tells a second line of one organization from the first."""
    ontology = ontologies.create_ontology(cast.ada, cast.home, name=f"Cars{name}", document=document)
    dataset = datasets.create_dataset(cast.ada, cast.home, name=f"Street{name}")
    asset = asset or take_picture(picture_bytes())
    add_rows(cast.ada, dataset, [NewRow(f"row-{number:05}", asset) for number in range(rows)])
    project = projects.create_project(
        cast.max,
        cast.home,
        name=f"Cars in the street{name}",
        brief="Find every car.",
        ontology=ontology.ontology,
        settings=ProjectSettings(**settings),
    )
    # Written straight to the tables: a dozen calls of the rule would be most of a test's time.
    roles = {one.codename: one for one in Permission.objects.filter(content_type__model="project")}
    ProjectPersonGrant.objects.bulk_create(
        [
            ProjectPersonGrant(
                content_object=project, user=getattr(cast, key), permission=roles[role], granted_by=cast.ada
            )
            for key, role in ROLES.items()
        ]
    )
    ProjectTeamGrant.objects.create(
        content_object=project, group=cast.vendor.group, permission=roles[Role.LABELER], granted_by=cast.ada
    )
    Person.objects.filter(pk=cast.dora.pk).update(is_active=False)
    batches.create_batch(cast.max, project, DataRow.objects.filter(dataset=dataset), name="first")
    cast.project = project
    return Line(cast, ontology, dataset, project)
