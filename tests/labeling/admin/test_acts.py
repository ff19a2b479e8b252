"""The forms of the work: each does what it says and is written down; a forged one changes nothing."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from labeling import project_access, queue
from labeling.models import Batch, DataRow, Dataset, Ontology, OntologyVersion, Project, ProjectPersonGrant, Slot
from tests.line import DOCUMENT, Line, picture_bytes
from tests.workforce.admin.conftest import Enter
from workforce import access
from workforce.models import AuditEvent
from workforce.roles import Permission, Role

pytestmark = pytest.mark.django_db


def was_written(action: str, actor: Any) -> bool:
    return AuditEvent.objects.filter(action=action, actor=actor).exists()


def new_project(line: Line, **values: object) -> dict[str, object]:
    return {
        "organization": str(line.cast.home.uid),
        "name": "Second",
        "brief": "Find them.",
        "ontology": str(line.ontology.ontology.uid),
        "consensus_share": 20,
        "consensus_labels": 3,
        "consensus_threshold": "0.8",
        "review_share": 50,
        "review_of": "every",
        **values,
    }


def test_a_project_is_made(line: Line, enter: Enter) -> None:
    answer = enter("max").post("/admin/projects/new/", new_project(line))
    made = Project.objects.get(name="Second")
    assert answer["Location"] == f"/admin/projects/{made.uid}/"
    assert (made.consensus_share, made.consensus_threshold, made.review_share, made.review_of) == (20, 0.8, 50, "every")
    assert AuditEvent.objects.filter(action="project.created", target_uid=made.uid, actor=line.cast.max).exists()


@pytest.mark.parametrize(
    "values",
    [
        {"brief": " "},
        {"name": "Cars in the street"},
        {"consensus_share": 101},
        {"ontology": "x"},
        {"organization": "away"},
    ],
)
def test_a_wrong_project_is_not_made_and_what_was_typed_stays(line: Line, enter: Enter, values: dict[str, Any]) -> None:
    if values.get("organization"):
        values = {"organization": str(line.cast.away.uid)}
    answer = enter("max").post("/admin/projects/new/", new_project(line, **values))
    assert answer.status_code == 422 and Project.objects.count() == 1
    assert "Find them." in answer.content.decode() or values.get("brief") == " "


def test_who_may_not_make_projects(line: Line, enter: Enter) -> None:
    for name in ("rita", "lena"):
        assert enter(name).post("/admin/projects/new/", new_project(line)).status_code == 403
    assert enter("otto").post("/admin/projects/new/", new_project(line)).status_code == 422
    assert Project.objects.count() == 1


def settings_of(line: Line, **values: object) -> dict[str, object]:
    names = (
        "name", "brief", "state", "lease_idle_minutes", "review_share", "review_of",
    )  # fmt: skip
    return {**{name: getattr(line.project, name) for name in names}, **values}


def test_only_what_differs_is_changed(line: Line, enter: Enter) -> None:
    address = f"/admin/projects/{line.project.uid}/settings/"
    answer = enter("pia").post(address, settings_of(line, state="paused", review_share=10), follow=True)
    line.project.refresh_from_db()
    assert (line.project.state, line.project.review_share) == ("paused", 10)
    event = AuditEvent.objects.get(action="project.changed")
    assert event.after == {"state": "paused", "review_share": 10} and event.actor == line.cast.pia
    assert (
        "Changed: state, rows reviewed" in answer.content.decode()
        or "Changed: rows reviewed, state" in answer.content.decode()
    )
    assert "Nothing was different" in enter("pia").post(address, settings_of(line), follow=True).content.decode()


def test_wrong_settings_change_nothing(line: Line, enter: Enter) -> None:
    address = f"/admin/projects/{line.project.uid}/settings/"
    assert enter("max").post(address, settings_of(line, review_share=101)).status_code == 422
    assert enter("max").post(address, settings_of(line, seed="known")).status_code == 302
    assert enter("lena").post(address, settings_of(line, state="paused")).status_code == 403
    assert enter("otto").post(address, settings_of(line, state="paused")).status_code == 404
    seed, line.project.state = line.project.seed, "active"
    line.project.refresh_from_db()
    assert line.project.seed == seed and line.project.state == "active"


def grant(line: Line, enter: Enter, actor: str, receiver: str, role: str, **values: str) -> Any:
    address = f"/admin/projects/{line.project.uid}/people/"
    return enter(actor).post(address, {"receiver": receiver, "role": role, **values}, follow=True)


def test_a_role_is_given_changed_and_taken(line: Line, enter: Enter) -> None:
    nora = line.cast.nora
    answer = grant(line, enter, "pia", f"person:{nora.uid}", "labeler", expires_on="2030-05-01")
    given = project_access.grant_of(line.project, nora)
    assert given is not None and given.role == "labeler" and str(given.expires_at) == "2030-05-01 23:59:59+00:00"
    assert "Nora Nagy is labeler here now, until 1 May 2030, 23:59." in answer.content.decode()
    grant(line, enter, "pia", f"person:{nora.uid}", "no_access")
    assert not access.can(nora, Permission.LABEL, line.project)
    enter("pia").post(f"/admin/projects/{line.project.uid}/people/revoke/", {"receiver": f"person:{nora.uid}"})
    assert project_access.grant_of(line.project, nora) is None
    assert was_written("access.granted", line.cast.pia) and was_written("access.revoked", line.cast.pia)


def test_a_team_gets_a_role(line: Line, enter: Enter) -> None:
    grant(line, enter, "max", f"team:{line.cast.team.uid}", "reviewer")
    found = project_access.grant_of(line.project, line.cast.team)
    assert found is not None and found.role == Role.REVIEWER


def test_a_forged_grant_gives_nothing(line: Line, enter: Enter) -> None:
    before = set(ProjectPersonGrant.objects.values_list("user", "permission__codename"))
    nora, otto = f"person:{line.cast.nora.uid}", f"person:{line.cast.otto.uid}"
    assert grant(line, enter, "pia", nora, "organization_admin").status_code == 200
    assert grant(line, enter, "pia", otto, "labeler").status_code == 404
    assert grant(line, enter, "pia", "person:nonsense", "labeler").status_code == 404
    assert grant(line, enter, "pia", "", "labeler").status_code == 200
    assert grant(line, enter, "lena", f"person:{line.cast.lena.uid}", "project_lead").status_code == 403
    assert grant(line, enter, "otto", otto, "project_lead").status_code == 404
    revoke = f"/admin/projects/{line.project.uid}/people/revoke/"
    assert enter("otto").post(revoke, {"receiver": f"person:{line.cast.pia.uid}"}).status_code == 404
    assert enter("lena").post(revoke, {"receiver": f"person:{line.cast.pia.uid}"}).status_code == 403
    assert before == set(ProjectPersonGrant.objects.values_list("user", "permission__codename"))


def test_a_dataset_goes_in_as_a_batch(line: Line, enter: Enter) -> None:
    address = f"/admin/projects/{line.project.uid}/data/"
    values = {"name": "again", "dataset": str(line.dataset.uid), "priority": "1", "due_on": "2030-01-31"}
    answer = enter("max").post(address, values, follow=True)
    batch = Batch.objects.get(name="again")
    assert batch.priority == 1 and str(batch.due_at) == "2030-01-31 23:59:59+00:00"
    assert "is there without a row" in answer.content.decode()
    second = Dataset.objects.create(organization=line.cast.home, name="Two", created_by=line.cast.ada)
    DataRow.objects.create(dataset=second, organization=line.cast.home, external_id="a", created_by=line.cast.ada)
    answer = enter("max").post(address, {**values, "name": "more", "dataset": str(second.uid)}, follow=True)
    assert "more is in with 1 rows." in answer.content.decode()
    assert was_written("batch.created", line.cast.max)


def test_a_forged_batch_is_none(line: Line, enter: Enter) -> None:
    address = f"/admin/projects/{line.project.uid}/data/"
    theirs = Dataset.objects.create(organization=line.cast.away, name="Theirs", created_by=line.cast.otto)
    values = {"name": "x", "dataset": str(line.dataset.uid), "priority": "3"}
    assert enter("max").post(address, {**values, "dataset": str(theirs.uid)}).status_code == 422
    assert enter("max").post(address, {**values, "priority": "9"}).status_code == 422
    assert enter("max").post(address, {**values, "name": "first"}).status_code == 422
    assert enter("pia").post(address, {**values, "dataset": str(theirs.uid)}).status_code == 422
    assert enter("lena").post(address, values).status_code == 403
    assert enter("otto").post(address, values).status_code == 404
    assert Batch.objects.count() == 1


def test_a_persons_rows_are_freed(line: Line, enter: Enter) -> None:
    queue.lease_next_rows(line.cast.lena, line.project)
    address = f"/admin/projects/{line.project.uid}/queue/clear/"
    for name, status in (("leo", 403), ("otto", 404)):
        assert enter(name).post(address, {"person": str(line.cast.lena.uid)}).status_code == status
    assert enter("max").post(address, {"person": str(line.cast.otto.uid)}).status_code == 404
    assert line.slots().filter(state=Slot.State.LEASED).count() == 2
    answer = enter("pia").post(address, {"person": str(line.cast.lena.uid)}, follow=True)
    assert "2 went back to the others. Drafts are kept." in answer.content.decode()
    assert not line.slots().filter(state=Slot.State.LEASED).exists()
    assert was_written("leases.cleared", line.cast.pia)


def file(name: str, data: bytes | None = None) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, picture_bytes("red").read() if data is None else data)


def test_each_file_has_its_own_result(line: Line, enter: Enter) -> None:
    address = f"/admin/datasets/{line.dataset.uid}/"
    files = [file("a.png"), file("broken.png", b"no picture"), file("a.png"), file("b.png")]
    answer = enter("max").post(address, {"pictures": files})
    assert [bool(result.refused) for result in answer.context["results"]] == [False, True, True, False]
    assert "2 of 4 pictures are in." in answer.content.decode()
    assert set(line.dataset.data_rows.filter(external_id__endswith=".png").values_list("external_id", flat=True)) == {
        "a.png",
        "b.png",
    }
    assert was_written("data_row.added", line.cast.max)
    assert "No file was chosen" in enter("max").post(address).content.decode()
    for name, status in (("pia", 403), ("lena", 403), ("otto", 404)):
        assert enter(name).post(address, {"pictures": [file("c.png")]}).status_code == status
    assert not DataRow.objects.filter(external_id="c.png").exists()


def test_a_dataset_is_made(line: Line, enter: Enter) -> None:
    values = {"organization": str(line.cast.home.uid), "name": "Harbour", "description": ""}
    assert enter("max").post("/admin/datasets/", values).status_code == 302
    assert enter("max").post("/admin/datasets/", values).status_code == 422
    assert enter("otto").post("/admin/datasets/", {**values, "name": "Mine"}).status_code == 422
    assert Dataset.objects.filter(name__in=["Harbour", "Mine"]).count() == 1
    assert was_written("dataset.created", line.cast.max)


def test_an_ontology_gets_a_new_version(line: Line, enter: Enter) -> None:
    ontology = line.ontology.ontology
    document = {"features": [*DOCUMENT["features"], {"name": "Bus", "kind": "box"}]}
    answer = enter("max").post(f"/admin/ontologies/{ontology.uid}/", {"document": json.dumps(document)}, follow=True)
    assert "Version 2 is there." in answer.content.decode() and "Bus" in answer.content.decode()
    assert "Bus" not in enter("max").get(f"/admin/ontologies/{ontology.uid}/?version=1").content.decode()
    assert enter("max").get(f"/admin/ontologies/{ontology.uid}/?version=9").status_code == 404
    assert was_written("ontology.version_made", line.cast.max)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"features": [{"name": "", "kind": "bix"}]}', "features[0].kind"),
        ("{", "Nothing was changed."),
        ("[]", "An ontology is an object"),
        ('{"a": NaN}', "Nothing was changed."),
        ("[" * 5000, "Nothing was changed."),
    ],
)
def test_a_wrong_document_is_refused_with_its_places(line: Line, enter: Enter, text: str, said: str) -> None:
    for address, values in (
        (f"/admin/ontologies/{line.ontology.ontology.uid}/", {}),
        ("/admin/ontologies/", {"name": "New", "organization": str(line.cast.home.uid)}),
    ):
        answer = enter("max").post(address, {"document": text, **values})
        assert answer.status_code == 422 and said in answer.content.decode()
    assert OntologyVersion.objects.count() == 1 and Ontology.objects.count() == 1


def test_another_tenant_writes_no_version(line: Line, enter: Enter) -> None:
    address = f"/admin/ontologies/{line.ontology.ontology.uid}/"
    for name, status in (("pia", 403), ("lena", 403), ("otto", 404)):
        assert enter(name).post(address, {"document": json.dumps(DOCUMENT)}).status_code == status
    assert OntologyVersion.objects.count() == 1


def test_a_batch_gets_another_place_in_the_queue(line: Line, enter: Enter) -> None:
    batch, first = line.project.batches.get(), queue.lease_next_rows(line.cast.lena, line.project).slots[0]
    page = enter("max").get(f"/admin/projects/{line.project.uid}/data/").content.decode()
    assert f"/admin/batches/{batch.uid}/" in page
    values = {"priority": 1, "due_on": "2027-03-01"}
    answer = enter("max").post(f"/admin/batches/{batch.uid}/", values, follow=True)
    assert "has its new place in the queue" in answer.content.decode()
    batch.refresh_from_db()
    assert batch.priority == 1
    assert set(Slot.objects.values_list("priority", flat=True)) == {1}
    assert {row.due_at for row in line.project.rows.all()} == {batch.due_at}
    assert Slot.objects.get(pk=first.pk).state == Slot.State.LEASED
    assert 'value="2027-03-01"' in enter("max").get(f"/admin/batches/{batch.uid}/").content.decode()
    assert was_written("batch.changed", line.cast.max)
    enter("max").post(f"/admin/batches/{batch.uid}/", values)
    assert AuditEvent.objects.filter(action="batch.changed").count() == 1
    assert enter("max").post(f"/admin/batches/{batch.uid}/", {"priority": 9}).status_code == 422


def test_the_example_of_a_new_ontology_is_taken_as_it_stands(line: Line, enter: Enter) -> None:
    form = enter("max").get("/admin/ontologies/").context["form"]
    values = {"organization": str(line.cast.home.uid), "name": "Fresh", "document": form.initial["document"]}
    assert enter("max").post("/admin/ontologies/", values).status_code == 302
    assert OntologyVersion.objects.filter(ontology__name="Fresh").exists()
