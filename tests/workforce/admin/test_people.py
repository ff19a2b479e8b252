"""People and teams: who sees them, what a form changes, what a forged one does not."""

import pytest
from django.urls import reverse

from tests.cast import PASSWORD, Cast
from tests.workforce.admin.conftest import Enter
from workforce import organizations
from workforce.models import AuditEvent, Membership, Organization, Person, Team

pytestmark = pytest.mark.django_db


def member(cast: Cast, name: str) -> Membership:
    return Membership.objects.get(organization=cast.home, person=getattr(cast, name))


def add(enter: Enter, actor: str, **values: str) -> object:
    defaults = {"name": "Nia New", "email": "nia@example.org", "role": "member", "vendor": ""}
    client = enter(actor)
    organization = Organization.objects.get(name="Away" if actor == "otto" else "Home")
    return client.post("/admin/people/", {"organization": str(organization.uid), **defaults, **values})


def test_only_those_who_view_people_see_them(cast: Cast, enter: Enter) -> None:
    for path in ("/admin/people/", f"/admin/people/{member(cast, 'lena').uid}/", "/admin/teams/"):
        assert enter("max").get(path).status_code == 200
        assert enter("lena").get(path).status_code == 403
    assert enter("otto").get(f"/admin/people/{member(cast, 'lena').uid}/").status_code == 404
    assert enter("otto").get(f"/admin/teams/{cast.team.uid}/").status_code == 404
    assert "Lena Lund" not in enter("otto").get("/admin/people/").content.decode()


def test_a_new_person_gets_a_password_that_is_shown_once(cast: Cast, enter: Enter) -> None:
    answer = add(enter, "max")
    person = Person.objects.get(email="nia@example.org")
    password = answer.context["added"]["password"]
    assert answer.status_code == 200 and password in answer.content.decode() and person.check_password(password)
    assert "no-store" in answer["Cache-Control"]
    assert member(cast, "lena").role == Membership.objects.get(person=person).role
    assert AuditEvent.objects.filter(action="membership.added", actor=cast.max).exists()
    assert password not in enter("max").get("/admin/people/").content.decode()
    assert password not in str(list(AuditEvent.objects.values_list("before", "after")))


def test_someone_with_a_login_keeps_it(cast: Cast, enter: Enter) -> None:
    answer = add(enter, "max", email="otto@example.org", name="Someone")
    assert answer.context["added"]["password"] == ""
    cast.otto.refresh_from_db()
    assert cast.otto.name == "Otto Other" and cast.otto.check_password(PASSWORD)


def test_a_person_of_a_vendor_comes_in_with_its_team(cast: Cast, enter: Enter) -> None:
    add(enter, "max", vendor=str(cast.vendor.uid))
    assert cast.vendor.group in Person.objects.get(email="nia@example.org").groups.all()


@pytest.mark.parametrize(
    "values",
    [
        {"role": "organization_admin"},
        {"role": "workforce_manager", "vendor": "vendor"},
        {"role": "emperor"},
        {"email": "lena@example.org"},
        {"email": "no address"},
        {"organization": "away"},
        {"vendor": "of away"},
    ],
)
def test_what_may_not_be_adds_nobody(cast: Cast, enter: Enter, values: dict[str, str]) -> None:
    theirs = Team.objects.create(
        organization=cast.away,
        name="Theirs",
        kind=Team.Kind.VENDOR,
        group=cast.team.group.__class__.objects.create(name="t"),
    )
    uids = {"away": cast.away.uid, "vendor": cast.vendor.uid, "of away": theirs.uid}
    before = Membership.objects.count(), Person.objects.count(), AuditEvent.objects.count()
    try:
        answer = add(enter, "max", **{name: str(uids.get(value, value)) for name, value in values.items()})
    except Exception as error:  # a constraint of the table is no answer of a page
        pytest.fail(repr(error))
    assert answer.status_code == 422
    assert before == (Membership.objects.count(), Person.objects.count(), AuditEvent.objects.count())


def change(enter: Enter, name: str, one: Membership, **values: str) -> object:
    return enter(name).post(f"/admin/people/{one.uid}/change/", values, follow=True)


def test_role_and_end_of_a_membership(cast: Cast, enter: Enter) -> None:
    one = member(cast, "lena")
    answer = change(enter, "max", one, role="viewer", is_active="on")
    assert "Lena Lund is viewer now." in answer.content.decode()
    change(enter, "max", one, role="viewer")
    one.refresh_from_db()
    assert (one.role, one.is_active) == ("viewer", False)
    assert AuditEvent.objects.filter(action="membership.changed", actor=cast.max).count() == 2
    assert enter("max").get("/admin/people/?state=inactive").content.decode().count("<span>Lena Lund</span>") == 1


def test_nobody_is_raised_above_the_one_who_asks(cast: Cast, enter: Enter) -> None:
    for one, role in ((member(cast, "lena"), "organization_admin"), (member(cast, "ada"), "member")):
        before = one.role
        answer = change(enter, "max", one, role=role, is_active="on")
        one.refresh_from_db()
        assert one.role == before
        assert "above your own" in answer.content.decode()
    assert change(enter, "ada", member(cast, "ada"), role="member", is_active="on").status_code == 200
    assert member(cast, "ada").role == "organization_admin"


def test_people_of_a_vendor_get_no_inner_role(cast: Cast, enter: Enter) -> None:
    answer = change(enter, "max", member(cast, "vera"), role="viewer", is_active="on")
    assert "A person of Brightfield is member or vendor manager" in answer.content.decode()
    assert member(cast, "vera").role == "member"


def test_another_tenant_and_a_labeler_change_nothing(cast: Cast, enter: Enter) -> None:
    one = member(cast, "lena")
    assert change(enter, "otto", one, role="viewer", is_active="on").status_code == 404
    assert change(enter, "leo", one, role="viewer", is_active="on").status_code == 403
    one.refresh_from_db()
    assert one.role == "member"


def test_a_member_of_two_organizations_shows_only_the_teams_of_one(cast: Cast, enter: Enter) -> None:
    organizations.add_member(cast.otto, cast.away, cast.lena, role="member")
    text = enter("otto").get("/admin/people/").content.decode()
    assert "Lena Lund" in text and "Atelier" not in text


def test_a_team_is_made_and_filled(cast: Cast, enter: Enter) -> None:
    answer = enter("max").post(
        "/admin/teams/", {"organization": str(cast.home.uid), "name": "Night", "kind": "internal"}, follow=True
    )
    team = Team.objects.get(name="Night")
    assert answer.redirect_chain == [(reverse("admin:team", args=[team.uid]), 302)]
    values = {"people": [str(cast.lena.uid), str(cast.leo.uid)], "lead": str(cast.leo.uid)}
    enter("max").post(f"/admin/teams/{team.uid}/", values)
    team.refresh_from_db()
    assert set(team.group.user_set.all()) == {cast.lena, cast.leo} and team.lead == cast.leo
    assert AuditEvent.objects.filter(action="team.people_set", actor=cast.max).exists()


@pytest.mark.parametrize("person", ["otto", "vera", "dora"])
def test_nobody_gets_into_a_team_who_cannot_be_in_it(cast: Cast, enter: Enter, person: str) -> None:
    Person.objects.filter(pk=cast.dora.pk).update(is_active=False)
    values = {"people": [str(getattr(cast, person).uid)]}
    answer = enter("max").post(f"/admin/teams/{cast.team.uid}/", values, follow=True)
    assert "cannot be in this team" in answer.content.decode()
    assert set(cast.team.group.user_set.all()) == {cast.tom, cast.lena}


def test_a_lead_stands_in_the_team(cast: Cast, enter: Enter) -> None:
    values = {"people": [str(cast.lena.uid)], "lead": str(cast.leo.uid)}
    answer = enter("max").post(f"/admin/teams/{cast.team.uid}/", values, follow=True)
    assert "one of its people" in answer.content.decode()
    assert cast.tom in cast.team.group.user_set.all()


def test_the_list_is_searched_and_filtered(cast: Cast, enter: Enter) -> None:
    client = enter("max")

    def found(**query: str) -> set[str]:
        return {one.person.name for one in client.get("/admin/people/", query).context["page"].rows}

    assert found(q="len") == found(q="LENA@") == {"Lena Lund"}
    assert found(of_team=str(cast.team.uid)) == {person.name for person in cast.team.group.user_set.all()}
    assert found(of_team=str(cast.vendor.uid)) == {"Vera Vogel", "Vito Vance"}
    assert found(of_team=str(cast.vendor.uid), q="vera", role="member") == {"Vera Vogel"}
    assert found(q="otto") == set()
    act = {"people": [str(member(cast, "vera").uid)], "act": "deactivate"}
    assert client.post("/admin/people/change/?q=v&role=member", act).headers["Location"].endswith("?q=v&role=member")


def test_the_list_asks_the_same_at_any_length(cast: Cast, enter: Enter, django_assert_num_queries: object) -> None:
    client = enter("max")
    client.get("/admin/people/")

    def count() -> int:
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(connection) as seen:
            assert client.get("/admin/people/").status_code == 200
        return len(seen)

    first = count()
    for number in range(30):
        person = Person.objects.create(email=f"p{number}@example.org", name=f"P {number:02}", password="!")
        organizations.add_member(cast.ada, cast.home, person, role="member", vendor=cast.vendor if number % 2 else None)
    assert count() == first


def test_the_list_pages_by_key(cast: Cast, enter: Enter) -> None:
    for number in range(60):
        person = Person.objects.create(email=f"p{number}@example.org", name=f"P {number // 2:02}", password="!")
        Membership.objects.create(organization=cast.home, person=person)
    client, seen, link = enter("max"), [], "/admin/people/"
    pages = []
    while link:
        page = client.get(link).context["page"]
        seen += [one.pk for one in page.rows]
        pages.append([one.pk for one in page.rows])
        link = page.on
    wanted = Membership.objects.filter(organization=cast.home).order_by("person__name", "pk")
    assert seen == list(wanted.values_list("pk", flat=True))
    back = client.get(page.back).context["page"]
    assert [one.pk for one in back.rows] == pages[0] and not back.back


@pytest.mark.parametrize("cursor", ["x", "00000000-0000-0000-0000-000000000000", "\0"])
def test_a_cursor_that_is_none_begins_at_the_top(cast: Cast, enter: Enter, cursor: str) -> None:
    foreign = Membership.objects.get(person=cast.otto).uid
    for value in (cursor, str(foreign)):
        page = enter("max").get("/admin/people/", {"after": value}).context["page"]
        assert page.rows[0].person == cast.ada


# --- Many at once -----------------------------------------------------------------------------------------------------
def change_many(enter: Enter, actor: str, cast: Cast, names: str, act: str) -> str:
    people = [str(member(cast, name).uid) for name in names.split()]
    answer = enter(actor).post("/admin/people/change/", {"people": people, "act": act}, follow=True)
    return str(answer.content.decode())


def test_many_are_deactivated_and_activated_with_one_message(cast: Cast, enter: Enter) -> None:
    text = change_many(enter, "max", cast, "lena leo ada", "deactivate")
    assert "2 people are deactivated. Refused: Ada Adler (You cannot give or change a role above your own)." in text
    assert [member(cast, name).is_active for name in ("lena", "leo", "ada")] == [False, False, True]
    assert "1 person is active." in change_many(enter, "max", cast, "lena", "activate")
    assert member(cast, "lena").is_active
    assert AuditEvent.objects.filter(action="membership.changed", actor=cast.max).count() == 3


def test_many_join_a_team_with_one_message(cast: Cast, enter: Enter) -> None:
    text = change_many(enter, "max", cast, "leo vera", str(cast.team.uid))
    assert "1 person is in Atelier now. Refused: Vera Vogel" in text
    assert set(cast.team.group.user_set.all()) == {cast.tom, cast.lena, cast.leo}


def test_of_strangers_only_the_number_is_said(cast: Cast, enter: Enter) -> None:
    uids = [str(member(cast, "lena").uid), "nonsense", "00000000-0000-0000-0000-000000000000"]
    answer = enter("otto").post("/admin/people/change/", {"people": uids, "act": "deactivate"}, follow=True)
    text = answer.content.decode()
    assert "0 people are deactivated. Refused: 3 more (not found here)." in text and "Lena" not in text
    assert member(cast, "lena").is_active


@pytest.mark.parametrize(("people", "act"), [("", "deactivate"), ("lena", ""), ("lena", "erase"), ("lena", "team")])
def test_an_act_that_is_none_changes_nobody(cast: Cast, enter: Enter, people: str, act: str) -> None:
    theirs = Team.objects.create(
        organization=cast.away, name="T", group=cast.team.group.__class__.objects.create(name="t")
    )
    text = change_many(enter, "max", cast, people, str(theirs.uid) if act == "team" else act)
    assert "Choose" in text and member(cast, "lena").is_active
    assert not AuditEvent.objects.filter(action="membership.changed").exists()
