"""Tokens, the audit log, jobs."""

import json
from datetime import timedelta

import pytest

from tests.cast import Cast
from tests.line import Line
from tests.workforce.admin.conftest import Enter
from workforce import audit, jobs, tokens
from workforce.models import AuditEvent, Token

pytestmark = pytest.mark.django_db


def issue(enter: Enter, cast: Cast, actor: str, **values: object) -> object:
    home = cast.away if actor == "otto" else cast.home
    wanted = {"organization": str(home.uid), "name": "nightly", "scopes": ["read"], "days": "30", **values}
    return enter(actor).post("/admin/tokens/", wanted)


def test_a_token_is_shown_once(cast: Cast, enter: Enter) -> None:
    answer = issue(enter, cast, "max")
    clear = answer.context["issued"]["clear"]
    token = Token.objects.get(user=cast.max)
    assert clear in answer.content.decode() and token.scopes == ["read"]
    assert clear not in enter("max").get("/admin/tokens/").content.decode()
    assert AuditEvent.objects.filter(action="token.issued", actor=cast.max).exists()


@pytest.mark.parametrize("values", [{"scopes": []}, {"scopes": ["root"]}, {"days": "999"}, {"name": ""}])
def test_a_bad_token_is_not_issued(cast: Cast, enter: Enter, values: dict[str, object]) -> None:
    assert issue(enter, cast, "max", **values).status_code == 422
    assert not Token.objects.exists()


def test_each_sees_and_revokes_what_is_theirs(cast: Cast, enter: Enter) -> None:
    token, _ = tokens.issue_token(cast.ada, cast.home, name="of ada", scopes=["read"])
    assert enter("max").post(f"/admin/tokens/{token.uid}/revoke/").status_code == 404
    assert enter("otto").post(f"/admin/tokens/{token.uid}/revoke/").status_code == 404
    assert "of ada" not in enter("max").get("/admin/tokens/").content.decode()
    token.refresh_from_db()
    assert token.revoked_at is None
    assert enter("ada").get(f"/admin/tokens/{token.uid}/revoke/").status_code == 405
    enter("ada").post(f"/admin/tokens/{token.uid}/revoke/")
    token.refresh_from_db()
    assert token.revoked_at is not None


@pytest.mark.parametrize("actor", ["vito", "wim", "pia"])
def test_who_has_no_place_in_the_admin_has_tokens_at_their_account(line: Line, enter: Enter, actor: str) -> None:
    client, cast = enter(actor), line.cast
    assert "/account/tokens/" in client.get("/account/").content.decode()
    wanted = {"organization": str(cast.home.uid), "name": "of mine", "scopes": ["read"], "days": "30"}
    answer = client.post("/account/tokens/", wanted)
    token = Token.objects.get(user=getattr(cast, actor))
    assert answer.context["issued"]["clear"] in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert client.post("/account/tokens/", {**wanted, "days": "999"}).status_code == 422
    enter("ada").post(f"/account/tokens/{token.uid}/revoke/")
    token.refresh_from_db()
    assert token.revoked_at is None and "of mine" not in enter("ada").get("/account/tokens/").content.decode()
    assert "opens nothing" in client.post(f"/account/tokens/{token.uid}/revoke/", follow=True).content.decode()
    token.refresh_from_db()
    assert token.revoked_at is not None
    assert enter("lena").get("/account/tokens/").status_code == 403
    assert "/account/tokens/" not in enter("lena").get("/account/").content.decode()


def test_forms_want_the_csrf_token(cast: Cast) -> None:
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.ada)
    assert client.post("/admin/tokens/", {"name": "x"}).status_code == 403


def test_only_the_organization_admin_reads_the_log_of_their_own(cast: Cast, enter: Enter) -> None:
    audit.record(cast.ada, "team.created", cast.team, after={"name": "<b>x</b>"})
    for page in ("/admin/audit/", "/admin/audit/lines/"):
        assert enter("max").get(page).status_code == enter("lena").get(page).status_code == 403
        assert enter("otto").get(page, {"organization": str(cast.home.uid)}).status_code == 404
    page = enter("ada").get("/admin/audit/", {"action": "team.created"})
    assert {event.action for event in page.context["page"].rows} == {"team.created"}
    assert "&lt;b&gt;x&lt;/b&gt;" in page.content.decode()
    assert all(event.organization == cast.away for event in enter("otto").get("/admin/audit/").context["page"].rows)


def test_the_log_is_filtered_by_person_thing_and_days(cast: Cast, enter: Enter) -> None:
    one, _ = tokens.issue_token(cast.wim, cast.home, name="one", scopes=["read"])
    audit.record(cast.ada, "team.created", one)
    audit.record(cast.max, "team.changed", one)
    audit.record(cast.otto, "team.created", cast.away)
    ada, thing, today = str(cast.ada.uid), str(one.uid), AuditEvent.objects.latest("pk").at.date()
    client = enter("ada")

    def found(**query: str) -> list[str]:
        rows = client.get("/admin/audit/", query).context["page"].rows
        lines = client.get("/admin/audit/lines/", query).content.decode().splitlines()
        assert [str(row.uid) for row in rows] == [json.loads(line)["uid"] for line in lines]
        return [row.action for row in rows]

    assert found(thing=thing) == ["team.changed", "team.created", "token.issued"]
    assert found(thing=thing, person=ada) == ["team.created"]
    days = {"from": str(today - timedelta(days=1)), "to": str(today + timedelta(days=1))}
    assert len(found(thing=thing, **days)) == 3
    assert found(thing=thing, to=str(today - timedelta(days=2))) == []
    assert found(person=str(cast.otto.uid)) == found(thing=str(cast.away.uid)) == found(person="x") == []
    page = client.get("/admin/audit/", {"person": str(cast.otto.uid)}).content.decode()
    assert "Otto" not in page and "Nothing fits these filters." not in client.get("/admin/audit/").content.decode()


def test_the_log_names_people_and_teams_of_the_organization_alone(cast: Cast, enter: Enter) -> None:
    facts = {"people": [str(cast.lena.uid), str(cast.otto.uid)], "vendor": str(cast.vendor.uid), "fix": {"a": 1}}
    audit.record(cast.ada, "team.changed", cast.team, before=facts)
    page = enter("ada").get("/admin/audit/", {"action": "team.changed"}).content.decode()
    assert f"Lena Lund, {cast.otto.uid}" in page and "Brightfield" in page and "Otto" not in page


def test_the_log_leaves_as_json_lines(cast: Cast, enter: Enter) -> None:
    answer = enter("ada").get("/admin/audit/lines/", {"action": "membership.added"})
    lines = [json.loads(line) for line in answer.content.decode().splitlines()]
    assert lines and {line["action"] for line in lines} == {"membership.added"}
    assert answer["Content-Type"] == "application/x-ndjson" and "id" not in lines[0]


def test_a_job_shows_what_it_refused(cast: Cast, enter: Enter) -> None:
    job = jobs.start_job(cast.max, cast.home, kind="import", task="x.y", settings={})
    job = jobs.begin(str(job.uid))
    assert job is not None
    jobs.set_total(job, 3)
    refused = [jobs.Refused(position=2, code="bad", message="The box lies outside.", path="features[0]", name="row-2")]
    jobs.note_chunk(job, cursor=3, done=2, refused=refused)
    jobs.end(job)
    text = enter("ada").get(f"/admin/jobs/{job.uid}/").content.decode()
    assert "2 of 3 are in, 1 were refused" in text and "The box lies outside." in text
    assert enter("otto").get(f"/admin/jobs/{job.uid}/").status_code == 404
    assert enter("lena").get("/admin/jobs/").status_code == 403
    assert str(job.uid) not in enter("otto").get("/admin/jobs/").content.decode()
    assert enter("max").get("/admin/jobs/?state=failed").context["page"].rows == []
