"""Making and looking at projects, ontologies, datasets, rows and batches through the API."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from labeling import projects, returns
from labeling.models import Batch, DataRow, Dataset, Ontology, Project, ProjectRow
from labeling.project_access import grant_role
from tests.labeling.api.hands import RANDOM, signed_in, with_token
from tests.line import DOCUMENT, Line, picture_bytes
from workforce.models import AuditEvent
from workforce.roles import Role

pytestmark = pytest.mark.django_db


def picture(name: str, content: bytes | None = None) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, picture_bytes().read() if content is None else content)


def test_a_whole_line_is_set_up_by_a_token(line: Line) -> None:
    client, home = with_token(line.cast.max, line.cast.home), str(line.cast.home.uid)
    ontology = client.post(reverse("api-ontologies"), {"organization": home, "name": "Birds", "document": DOCUMENT})
    assert (ontology.status_code, ontology.json()["version"]) == (201, 1)
    uid = ontology.json()["uid"]
    assert client.post(reverse("api-ontology-versions", args=[uid]), {"document": DOCUMENT}).json()["version"] == 2
    assert client.get(reverse("api-ontology", args=[uid])).json()["version"] == 2
    assert client.get(reverse("api-ontology", args=[uid]) + "?version=1").json()["version"] == 1
    assert client.get(reverse("api-ontology", args=[uid]) + "?version=9").status_code == 404

    dataset = client.post(reverse("api-datasets"), {"organization": home, "name": "Park"}).json()["uid"]
    rows = [{"external_id": f"b{n}", "global_key": f"g{n}", "metadata": {"n": n}} for n in range(5)]
    added = client.post(reverse("api-dataset-data-rows", args=[dataset]), {"rows": rows})
    assert (added.status_code, added.json()) == (201, {"added": 5, "already_there": 0})
    again = client.post(reverse("api-dataset-data-rows", args=[dataset]), {"rows": rows})
    assert again.json() == {"added": 0, "already_there": 5}
    listed = client.get(reverse("api-dataset-data-rows", args=[dataset]), {"external_id": "b3"}).json()["results"]
    assert [(one["external_id"], one["global_key"], one["has_picture"]) for one in listed] == [("b3", "g3", False)]

    made = client.post(
        reverse("api-projects"),
        {"organization": home, "name": "Birds in the park", "brief": "All.", "ontology": uid, "consensus_share": 10},
    )
    assert (made.status_code, made.json()["consensus_share"]) == (201, 10)
    project = made.json()["uid"]
    batch = {"name": "first", "dataset": dataset, "priority": 2, "external_ids": ["b0", "b1"]}
    answer = client.post(reverse("api-project-batches", args=[project]), batch)
    assert (answer.status_code, answer.json()["row_count"]) == (201, 2)
    assert ProjectRow.objects.filter(project__uid=project, priority=2).count() == 2
    changed = client.patch(reverse("api-project", args=[project]), {"review_share": 50, "state": "paused"})
    assert (changed.json()["review_share"], changed.json()["state"]) == (50, "paused")
    assert client.get(reverse("api-projects"), {"state": "paused"}).json()["results"][0]["uid"] == project
    assert AuditEvent.objects.filter(action="project.changed").count() == 1


def test_asking_twice_says_that_it_is_there(line: Line) -> None:
    client, home = signed_in(line.cast.ada), str(line.cast.home.uid)
    bodies = {
        "api-ontologies": {"organization": home, "name": "Twice", "document": DOCUMENT},
        "api-datasets": {"organization": home, "name": "Twice"},
        "api-projects": {
            "organization": home,
            "name": "Twice",
            "brief": "x",
            "ontology": str(line.ontology.ontology.uid),
        },
    }
    for name, body in bodies.items():
        assert client.post(reverse(name), body).status_code == 201
        again = client.post(reverse(name), body)
        assert again.status_code == 409 and again.json()["code"].endswith("_name_taken")
    batch = {"name": "first", "dataset": str(line.dataset.uid)}
    again = client.post(reverse("api-project-batches", args=[line.project.uid]), batch)
    assert (again.status_code, again.json()["code"]) == (409, "batch_name_taken")
    assert Batch.objects.count() == 1


@pytest.mark.parametrize("name", ["lena", "wim", "pia", "nora", "rita"])
def test_who_may_not_make_things_is_refused_and_nothing_is_made(line: Line, name: str) -> None:
    client, home = signed_in(getattr(line.cast, name)), str(line.cast.home.uid)
    ontology = str(line.ontology.ontology.uid)
    counts = [model.objects.count() for model in (Project, Ontology, Dataset)]
    for path, body in (
        ("api-ontologies", {"organization": home, "name": "n", "document": DOCUMENT}),
        ("api-datasets", {"organization": home, "name": "n"}),
        ("api-projects", {"organization": home, "name": "n", "brief": "x", "ontology": ontology}),
    ):
        # Who leads a project may start another one; datasets and ontologies belong to everybody.
        if (name, path) != ("pia", "api-projects"):
            assert client.post(reverse(path), body).status_code == 403
    rows = reverse("api-dataset-data-rows", args=[line.dataset.uid])
    assert client.post(rows, {"rows": [{"external_id": "n"}]}).status_code == 403
    assert [model.objects.count() for model in (Project, Ontology, Dataset)] == counts


def test_a_stranger_cannot_name_the_organization_or_its_things(line: Line) -> None:
    client = signed_in(line.cast.otto)
    home, away = str(line.cast.home.uid), str(line.cast.away.uid)
    for organization in (home, RANDOM):
        assert client.post(reverse("api-datasets"), {"organization": organization, "name": "n"}).status_code == 404
    stolen = {"organization": away, "name": "n", "brief": "x", "ontology": str(line.ontology.ontology.uid)}
    assert client.post(reverse("api-projects"), stolen).status_code == 404


def test_settings_out_of_range_or_unknown_change_nothing(line: Line) -> None:
    client, path = signed_in(line.cast.ada), reverse("api-project", args=[line.project.uid])
    for body in (
        {"review_share": 101},
        {"consensus_labels": 1},
        {"state": "gone"},
        {"seed": "x"},
        {"organization": str(line.cast.away.uid)},
        {"uid": RANDOM},
        {"name": "x" * 151},
        {"name": "A", "review_share": -1},
    ):
        answer = client.patch(path, body)
        assert answer.status_code == 422, body
        assert answer.json()["code"] == "invalid_input"
    line.project.refresh_from_db()
    assert line.project.name == "Cars in the street"


def test_rows_come_all_or_none_and_each_fault_is_named(line: Line) -> None:
    client, path = signed_in(line.cast.max), reverse("api-dataset-data-rows", args=[line.dataset.uid])
    rows: list[Any] = [{"external_id": "good"}, {"external_id": ""}, 7, {"external_id": "f", "file": "a.png"}]
    answer = client.post(path, {"rows": rows})
    assert (answer.status_code, answer.json()["code"]) == (422, "rows_invalid")
    assert {fault["path"] for fault in answer.json()["faults"]} == {"rows[1].external_id", "rows[2]", "rows[3].file"}
    assert not DataRow.objects.filter(external_id="good").exists()
    many = client.post(path, {"rows": [{"external_id": str(n)} for n in range(1001)]})
    assert (many.status_code, many.json()["code"]) == (413, "too_many_rows")


def test_pictures_come_in_one_by_one(line: Line) -> None:
    client, path = signed_in(line.cast.max), reverse("api-dataset-pictures", args=[line.dataset.uid])
    files = [picture("a.png"), picture("../../b.png"), picture("bad.png", b"nothing"), picture("empty.png", b"")]
    answer = client.post(path, {"pictures": files}, format="multipart")
    assert answer.status_code == 201
    assert answer.json()["added"] == ["a.png", "b.png"]
    assert [(one["name"], one["code"]) for one in answer.json()["refused"]] == [
        ("bad.png", "not_a_picture"),
        ("empty.png", "not_a_picture"),
    ]
    again = client.post(path, {"pictures": [picture("a.png")]}, format="multipart").json()
    assert (again["added"], again["already_there"]) == ([], ["a.png"])
    assert DataRow.objects.get(external_id="a.png").size == (64, 48)
    assert client.post(path, {"rows": []}).status_code == 415


def test_a_batch_of_rows_that_are_not_there_is_refused(line: Line) -> None:
    body = {"name": "b", "dataset": str(line.dataset.uid), "external_ids": ["row-00000", "nope"]}
    answer = signed_in(line.cast.max).post(reverse("api-project-batches", args=[line.project.uid]), body)
    assert (answer.status_code, answer.json()["unknown"]) == (422, ["nope"])
    assert Batch.objects.count() == 1


def test_a_labeler_sees_the_projects_they_work_on_and_no_data(line: Line) -> None:
    client = signed_in(line.cast.lena)
    assert [one["name"] for one in client.get(reverse("api-projects")).json()["results"]] == ["Cars in the street"]
    assert client.get(reverse("api-datasets")).json()["results"] == []
    assert client.get(reverse("api-dataset", args=[line.dataset.uid])).status_code == 403
    assert signed_in(line.cast.nora).get(reverse("api-projects")).json()["results"] == []


def test_a_form_that_cannot_be_read_is_refused_like_any_other_body(line: Line) -> None:
    path = reverse("api-dataset-pictures", args=[line.dataset.uid])
    answer = signed_in(line.cast.ada).generic("POST", path, b"x", content_type="multipart/form-data")
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_body")


def test_a_project_takes_no_name_that_another_has(line: Line) -> None:
    client = signed_in(line.cast.ada)
    other = projects.create_project(
        line.cast.ada, line.cast.home, name="Other", brief="Draw.", ontology=line.ontology.ontology
    )
    path = reverse("api-project", args=[other.uid])
    refused = client.patch(path, {"name": line.project.name})
    assert (refused.status_code, refused.json()["code"]) == (409, "project_name_taken")
    assert client.patch(path, {"name": "Other", "brief": "Draw more."}).status_code == 200


def test_who_labels_is_refused_the_export_as_described(line: Line) -> None:
    grant_role(line.cast.ada, line.project, line.cast.ada, role=Role.EXPERT)
    answer = signed_in(line.cast.ada).get(reverse("api-project-export", args=[line.project.uid]))
    assert (answer.status_code, answer.json()["code"]) == (409, "label_first")


def test_batches_are_listed_and_put_earlier(line: Line) -> None:
    client = with_token(line.cast.max, line.cast.home)
    listed = client.get(reverse("api-project-batches", args=[line.project.uid])).json()["results"]
    assert [(one["project"], one["priority"]) for one in listed] == [(str(line.project.uid), 3)]
    address = reverse("api-batch", args=[listed[0]["uid"]])
    changed = client.patch(address, {"priority": 1})
    assert (changed.status_code, changed.json()["priority"], changed.json()["due_at"]) == (200, 1, None)
    assert client.patch(address, {"due_at": "2027-03-01T12:00:00Z"}).json()["priority"] == 1
    assert client.patch(address, {"priority": 6}).status_code == 422
    assert ProjectRow.objects.filter(project=line.project, priority=1, due_at=None).count() == 0


def test_a_row_that_came_without_a_picture_gets_one_and_keeps_it(line: Line) -> None:
    client, address = (
        with_token(line.cast.max, line.cast.home),
        reverse("api-dataset-pictures", args=[line.dataset.uid]),
    )
    rows = [{"external_id": "later.png"}]
    client.post(reverse("api-dataset-data-rows", args=[line.dataset.uid]), {"rows": rows})
    body = {"name": "late", "dataset": str(line.dataset.uid), "external_ids": ["later.png"]}
    client.post(reverse("api-project-batches", args=[line.project.uid]), body)
    row = ProjectRow.objects.get(data_row__external_id="later.png")
    assert row.state == ProjectRow.State.SET_ASIDE
    answer = client.post(address, {"pictures": picture("later.png")}, format="multipart")
    assert answer.json()["added"] == ["later.png"]
    given = DataRow.objects.get(external_id="later.png")
    assert given.asset_path and given.size == (64, 48)
    assert AuditEvent.objects.filter(action="data_row.given_picture", target_uid=given.uid).exists()
    returns.return_row(line.cast.max, str(row.uid))
    other = client.post(address, {"pictures": picture("later.png", picture_bytes("red").read())}, format="multipart")
    assert other.json()["already_there"] == ["later.png"]
    assert DataRow.objects.get(pk=given.pk).checksum == given.checksum


def test_a_picture_of_another_size_than_the_labels_were_made_for_is_refused(line: Line) -> None:
    DataRow.objects.create(
        dataset=line.dataset,
        organization=line.cast.home,
        external_id="wide.png",
        width=640,
        height=480,
        created_by=line.cast.max,
    )
    client = with_token(line.cast.max, line.cast.home)
    address = reverse("api-dataset-pictures", args=[line.dataset.uid])
    answer = client.post(address, {"pictures": picture("wide.png")}, format="multipart").json()
    assert (answer["added"], answer["refused"][0]["code"]) == ([], "size_differs")
