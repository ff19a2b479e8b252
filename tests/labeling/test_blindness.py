"""Before their own submit nobody learns of a row, whatever else they may do in the project."""

import pytest
from django.test import Client
from django.urls import reverse

from labeling import blindness, exports, labels_list, project_access
from labeling.models import Label, ProjectRow
from tests.cast import Cast
from tests.line import Line, make_line, payload
from tests.quality.test_consensus import BOX, HALF, first_row, give, run_jobs
from workforce import live
from workforce.errors import RuleViolation
from workforce.models import Person

pytestmark = pytest.mark.django_db


@pytest.fixture
def half_done(cast: Cast) -> Line:
    """One row that wants three opinions and has Lena's and Lia's; Max, the manager, labels as well."""
    line = make_line(cast, rows=1, consensus_share=100, consensus_labels=3, review_share=0)
    for person in (cast.lena, cast.lia):
        give(person, line, payload(BOX))
    run_jobs()
    project_access.grant_role(cast.ada, line.project, cast.max, role="labeler")
    return line


def page_of_row(person: Person, row: ProjectRow) -> int:
    client = Client()
    client.force_login(person)
    return client.get(reverse("admin:row", args=[row.uid])).status_code


def words_of(person: Person, name: str, line: Line) -> str:
    client = Client()
    client.force_login(person)
    answer = client.get(reverse(f"admin:{name}", args=[line.project.uid]))
    assert answer.status_code == 200
    return str(answer.content.decode())


def labels_of(person: Person, line: Line) -> list[Label]:
    projects = labels_list.projects_with_labels(person)
    return list(blindness.hide_unsubmitted(person, labels_list.labels_of(projects), projects))


def test_a_manager_who_labels_learns_nothing_before_the_own_submit(half_done: Line) -> None:
    cast, row = half_done.cast, first_row(half_done)
    assert page_of_row(cast.max, row) == 409
    assert page_of_row(cast.ada, row) == 200
    assert not live.may_follow(cast.max, f"row:{row.uid}")
    assert not live.may_follow(cast.max, f"project:{half_done.project.uid}")
    assert live.may_follow(cast.ada, f"row:{row.uid}")
    assert (labels_of(cast.max, half_done), len(labels_of(cast.ada, half_done))) == ([], 2)
    assert "after yours" in words_of(cast.max, "project-rows", half_done)
    assert row.data_row.external_id not in words_of(cast.max, "project-quality", half_done)
    assert row.data_row.external_id in words_of(cast.ada, "project-quality", half_done)
    assert list(blindness.labels_shown_to(cast.max, half_done.project)) == []
    with pytest.raises(RuleViolation) as refusal:
        exports.export_lines(cast.max, half_done.project)
    assert refusal.value.code == "label_first"
    assert exports.export_lines(cast.ada, half_done.project)


def test_after_the_own_submit_everything_shows(half_done: Line) -> None:
    cast = half_done.cast
    give(cast.max, half_done, payload(HALF))
    run_jobs()
    assert page_of_row(cast.max, first_row(half_done)) == 200
    assert len(labels_of(cast.max, half_done)) == 3
    assert exports.export_lines(cast.max, half_done.project)


def test_a_finished_row_shows_to_who_never_labeled_it(half_done: Line) -> None:
    cast = half_done.cast
    give(cast.leo, half_done, payload(HALF))
    run_jobs()
    assert page_of_row(cast.max, first_row(half_done)) == 200
    assert exports.export_lines(cast.max, half_done.project, states=["done"])
