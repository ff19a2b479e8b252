"""Two vendors and the organization's own people on one project: what one vendor must never learn of the others."""

from dataclasses import dataclass
from typing import Any

from labeling import project_access, queue
from labeling.models import Label, Project
from quality import issues
from quality.models import Issue
from tests.cast import Cast
from tests.labeling.test_labels import submit
from tests.line import Line, make_line
from workforce import organizations, teams
from workforce.models import Person, Team
from workforce.roles import Role


@dataclass
class VendorStage:
    line: Line
    other: Team
    olga: Person  # labeler of the other vendor
    omar: Person  # manager of the other vendor
    question: Issue  # Vera's, with an answer of Rita's

    @property
    def cast(self) -> Cast:
        return self.line.cast

    def words_of_others(self) -> list[str]:
        """What would name or point at somebody who is not of the vendor."""
        cast = self.cast
        others = [cast.ada, cast.max, cast.pia, cast.lena, cast.leo, cast.rita, cast.otto, self.olga, self.omar]
        named = [word for one in others for word in (one.name, str(one.email), str(one.uid))]
        labels = Label.objects.exclude(labeler=cast.vera).values_list("uid", flat=True)
        asked = Issue.objects.exclude(opened_by=cast.vera).values_list("uid", flat=True)
        return [*named, "Otherfield", "Atelier", "Not for the vendor", *map(str, labels), *map(str, asked)]

    def told_of_others(self, text: str) -> list[str]:
        return [word for word in self.words_of_others() if word in text]


def make_vendor_stage(cast: Cast) -> VendorStage:
    line = make_line(cast, rows=12, review_share=0)
    other = teams.create_team(cast.ada, cast.home, name="Otherfield", kind=Team.Kind.VENDOR)
    olga, omar = (
        Person.objects.create(email=f"{name.lower()}@example.org", name=f"{name} Other", password="!")
        for name in ("Olga", "Omar")
    )
    organizations.add_member(cast.ada, cast.home, olga, role="member", vendor=other)
    organizations.add_member(cast.ada, cast.home, omar, role="vendor_manager", vendor=other)
    project_access.grant_role(cast.ada, line.project, other, role=Role.LABELER)
    not_shared = make_project(line, "Not for the vendor")
    project_access.grant_role(cast.ada, not_shared, other, role=Role.LABELER)
    asked: dict[str, Issue] = {}
    for name, person in (("lena", cast.lena), ("vera", cast.vera), ("olga", olga)):
        slot = queue.lease_next_rows(person, line.project).slots[0]
        asked[name] = issues.open_issue(person, slot.project_row, category="edge_case", text=f"Asked by {name}?")
        submit(person, slot, key=f"stage-{name}")
    issues.comment(cast.rita, asked["vera"], "Two cars.")
    return VendorStage(line, other, olga, omar, asked["vera"])


def make_project(line: Line, name: str) -> Any:
    fields: dict[str, Any] = {"organization": line.cast.home, "ontology": line.ontology.ontology}
    return Project.objects.create(name=name, brief="Theirs.", created_by=line.cast.max, **fields)
