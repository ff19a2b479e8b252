"""Skills: who sets them, what stays as history, and whom a minimum keeps from the next row."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from labeling import queue
from labeling.models import Batch, Slot
from quality import skill_files, skills
from quality.models import MinimumSkill, Skill, SkillName
from tests.cast import Cast
from tests.labeling.test_closed_batches import second_batch
from tests.line import Line
from workforce.errors import InvalidInput, NotAllowed, NotFound, RuleViolation, TooLarge
from workforce.models import AuditEvent, ClockTimestamp, Membership, Person

pytestmark = pytest.mark.django_db


def member(cast: Cast, name: str) -> Membership:
    return Membership.objects.select_related("person", "organization").get(
        organization=cast.away if name == "otto" else cast.home, person=getattr(cast, name)
    )


def note(cast: Cast, name: str, word: SkillName, value: int, evidence: str = "Entry test.") -> Skill:
    return skills.set_skill(cast.max, member(cast, name), word, value=value, evidence=evidence)


@pytest.fixture
def damage(cast: Cast) -> SkillName:
    return skills.add_skill_name(cast.max, cast.home, " Damage  on cars ")


# --- Words and values -------------------------------------------------------------------------------------------
def test_a_word_stands_once_in_an_organization(cast: Cast, damage: SkillName) -> None:
    assert damage.name == "Damage on cars"
    with pytest.raises(RuleViolation) as refusal:
        skills.add_skill_name(cast.ada, cast.home, "damage on CARS")
    assert refusal.value.code == "skill_name_taken"
    assert skills.add_skill_name(cast.otto, cast.away, "Damage on cars")
    for bad in ("", "  ", "x" * 61, "a\x00b"):
        with pytest.raises(InvalidInput):
            skills.add_skill_name(cast.ada, cast.home, bad)
    assert AuditEvent.objects.filter(action="skill_name.added").count() == 2


def test_the_newest_value_is_in_force_and_the_others_stay(cast: Cast, damage: SkillName) -> None:
    first = note(cast, "lena", damage, 40)
    second = note(cast, "lena", damage, 65, "Second test, 26 of 40 right.")
    assert [one.value for one in skills.history_of(member(cast, "lena"))] == [65, 40]
    assert skills.skills_of_members([member(cast, "lena")])[member(cast, "lena").pk] == [second]
    (told, before) = AuditEvent.objects.filter(action="skill.set").order_by("-id")
    assert (told.before, told.after["value"], told.actor) == ({"value": 40}, 65, cast.max)
    assert before.before == {"value": None}
    for change in (lambda: Skill.objects.filter(pk=first.pk).update(value=99), first.delete):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"value": 101}, "skill_out_of_range"),
        ({"value": -1}, "skill_out_of_range"),
        ({"evidence": "  "}, "evidence_invalid"),
        ({"evidence": "x" * 2001}, "evidence_invalid"),
        ({"noted_on": timedelta(days=1)}, "date_in_future"),
    ],
)
def test_what_is_no_skill_is_refused(cast: Cast, damage: SkillName, values: dict[str, Any], code: str) -> None:
    if "noted_on" in values:
        values = {"noted_on": skills.today_in(cast.home) + values["noted_on"]}
    with pytest.raises(InvalidInput) as refusal:
        skills.set_skill(cast.max, member(cast, "lena"), damage, **{"value": 5, "evidence": "Seen.", **values})
    assert refusal.value.code == code
    assert not Skill.objects.exists()


def test_only_those_who_manage_people_set_skills_and_only_in_one_organization(cast: Cast, damage: SkillName) -> None:
    for name in ("lena", "wim", "pia", "tom"):
        with pytest.raises(NotAllowed):
            skills.set_skill(getattr(cast, name), member(cast, "leo"), damage, value=50, evidence="I say so.")
        with pytest.raises(NotAllowed):
            skills.add_skill_name(getattr(cast, name), cast.home, "Mine")
    with pytest.raises(NotFound):
        skills.set_skill(cast.otto, member(cast, "leo"), damage, value=50, evidence="From outside.")
    with pytest.raises(NotFound):
        skills.set_skill(cast.otto, member(cast, "otto"), damage, value=50, evidence="Another's word.")
    assert not Skill.objects.exists()


def test_skills_of_many_cost_one_query(cast: Cast, damage: SkillName) -> None:
    for name in ("lena", "leo", "lia", "rita"):
        note(cast, name, damage, 50)
    members = list(Membership.objects.filter(organization=cast.home))
    for some in (members[:2], members):
        with CaptureQueriesContext(connection) as asked:
            skills.skills_of_members(some)
        assert len(asked) == 1


# --- Minimums and the claim -------------------------------------------------------------------------------------
def test_a_project_asks_for_a_skill_and_says_what_one_has(line: Line, damage: SkillName) -> None:
    cast = line.cast
    skills.require_skill(cast.pia, line.project, damage, value=70)
    note(cast, "lena", damage, 40)
    claim = queue.lease_next_rows(cast.lena, line.project)
    assert claim.slots == () and claim.empty is not None and claim.empty.code == "skill_too_low"
    assert (
        claim.empty.message
        == "No row for you now: Cars in the street asks for Damage on cars 70 or more, and you have 40."
    )
    nothing = queue.lease_next_rows(cast.leo, line.project).empty
    assert nothing is not None and "you have none yet" in nothing.message
    note(cast, "lena", damage, 70, "Third test.")
    assert queue.lease_next_rows(cast.lena, line.project).slots


def test_a_batch_asks_and_the_others_are_given_out(line: Line, damage: SkillName) -> None:
    cast, late = line.cast, second_batch(line)
    first = Batch.objects.get(project=line.project, name="first")
    skills.require_skill(cast.pia, line.project, damage, value=70, batch=first)
    claim = queue.lease_next_rows(cast.lena, line.project)
    assert {slot.batch_id for slot in claim.slots} == {late.pk}
    note(cast, "leo", damage, 90)
    assert {slot.batch_id for slot in queue.lease_next_rows(cast.leo, line.project).slots} == {first.pk}
    empty = queue.lease_next_rows(cast.lia, line.project).empty
    assert empty is not None
    assert empty.message == (
        "No row for you now: the batch first asks for Damage on cars 70 or more, and you have none yet."
    )


def test_what_is_in_hand_and_what_came_back_stays(line: Line, damage: SkillName) -> None:
    cast = line.cast
    held, back = queue.lease_next_rows(cast.lena, line.project).slots
    Slot.objects.filter(pk=back.pk).update(
        state=Slot.State.IN_REWORK, is_rework=True, leased_until=None, submitted_at=ClockTimestamp()
    )
    skills.require_skill(cast.pia, line.project, damage, value=70)
    again = queue.lease_next_rows(cast.lena, line.project)
    assert {slot.pk for slot in again.slots} == {held.pk, back.pk} and again.empty is None


def test_a_minimum_is_replaced_and_dropped(line: Line, damage: SkillName) -> None:
    cast = line.cast
    skills.require_skill(cast.pia, line.project, damage, value=70)
    minimum = skills.require_skill(cast.pia, line.project, damage, value=30)
    assert [one.value for one in skills.minimums_of(line.project)] == [30]
    skills.drop_requirement(cast.pia, minimum)
    assert queue.lease_next_rows(cast.lena, line.project).slots
    with pytest.raises(NotFound):
        skills.drop_requirement(cast.pia, minimum)
    told = AuditEvent.objects.filter(action__startswith="minimum_skill").order_by("id")
    assert [(one.action, one.before.get("value"), one.after.get("value")) for one in told] == [
        ("minimum_skill.set", None, 70),
        ("minimum_skill.set", 70, 30),
        ("minimum_skill.dropped", 30, None),
    ]


def test_who_may_ask_for_a_skill_and_of_what(line: Line, damage: SkillName) -> None:
    cast = line.cast
    for name, refusal in (("lena", NotAllowed), ("tom", NotAllowed), ("wim", NotAllowed), ("otto", NotFound)):
        with pytest.raises(refusal):
            skills.require_skill(getattr(cast, name), line.project, damage, value=10)
    theirs = skills.add_skill_name(cast.otto, cast.away, "Theirs")
    with pytest.raises(NotFound):
        skills.require_skill(cast.pia, line.project, theirs, value=10)
    for value in (0, 101):
        with pytest.raises(InvalidInput):
            skills.require_skill(cast.pia, line.project, damage, value=value)
    assert not MinimumSkill.objects.exists()


def test_asking_costs_a_claim_one_query_whatever_is_asked(line: Line, damage: SkillName) -> None:
    batches = [Batch.objects.get(project=line.project), second_batch(line)]
    words = [damage, *(skills.add_skill_name(line.cast.max, line.cast.home, f"Word {n}") for n in range(5))]
    for word in words:
        for batch in (None, *batches):
            skills.require_skill(line.cast.pia, line.project, word, value=50, batch=batch)
    with CaptureQueriesContext(connection) as asked:
        closed = skills.batches_are_closed(line.cast.lena, line.project, "label")
    assert set(closed) == {queue.WHOLE_PROJECT, *(batch.pk for batch in batches)}
    assert len(asked) == 1


# --- Files ------------------------------------------------------------------------------------------------------
def csv_of(*rows: str) -> bytes:
    return "\n".join(["person,skill,value,evidence,date", *rows]).encode()


def test_an_import_takes_the_good_rows_and_reports_the_others(cast: Cast, damage: SkillName) -> None:
    content = csv_of(
        "lena@example.org,damage on cars,80,Test of May,2026-05-02",
        f"{cast.leo.uid},Damage on cars,55,'=seen,",
        "nobody@example.org,Damage on cars,55,Seen,",
        "otto@example.org,Damage on cars,55,Seen,",
        "lia@example.org,Trucks,55,Seen,",
        "lia@example.org,Damage on cars,155,Seen,",
        "lia@example.org,Damage on cars,5,,",
        "lia@example.org,Damage on cars,5,Seen,2.5.2026",
        "lia@example.org,Damage on cars,5,Seen,2999-01-01",
        "",
    )
    report = skill_files.import_skills(cast.max, cast.home, content)
    assert (report.added, report.already_there) == (2, 0)
    assert [(one.line, one.column, one.code) for one in report.refused] == [
        (4, "person", "unknown_person"),
        (5, "person", "unknown_person"),
        (6, "skill", "unknown_skill"),
        (7, "value", "skill_out_of_range"),
        (8, "evidence", "evidence_invalid"),
        (9, "date", "date_invalid"),
        (10, "date", "date_in_future"),
    ]
    assert report.refused[0].message == report.refused[1].message, "another tenant's person reads like nobody"
    lena, leo = (Skill.objects.get(person=getattr(cast, name)) for name in ("lena", "leo"))
    assert (lena.value, str(lena.noted_on), lena.source, lena.set_by) == (80, "2026-05-02", "import", cast.max)
    assert leo.evidence == "=seen"
    again = skill_files.import_skills(cast.max, cast.home, content)
    assert (again.added, again.already_there, len(again.refused)) == (0, 2, 7)
    assert AuditEvent.objects.filter(action="skills.imported").count() == 2


def test_what_goes_out_comes_in_again_and_computes_nothing(cast: Cast, damage: SkillName) -> None:
    note(cast, "lena", damage, 80, '=HYPERLINK("x")')
    note(cast, "lena", damage, 85, "@seen, in May")
    out = "".join(skill_files.skills_as_csv(cast.max, cast.home))
    assert "'@seen" in out and "HYPERLINK" not in out, "only what is in force, and no cell is a formula"
    assert skill_files.import_skills(cast.max, cast.home, out.encode()).already_there == 1
    assert "lena" not in "".join(skill_files.skills_as_csv(cast.otto, cast.home))


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"", InvalidInput),
        (b"person,skill\n", InvalidInput),
        (b"\xff\xfe", InvalidInput),
        (b"x" * (5 * 1024 * 1024 + 1), TooLarge),
        (csv_of(*["a,b,1,c,"] * 5001), TooLarge),
    ],
)
def test_a_file_that_is_none_changes_nothing(cast: Cast, content: bytes, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        skill_files.import_skills(cast.max, cast.home, content)
    assert not AuditEvent.objects.filter(action="skills.imported").exists()


def test_only_those_who_manage_people_import(cast: Cast, damage: SkillName) -> None:
    for name, refusal in (("lena", NotAllowed), ("pia", NotAllowed), ("otto", NotFound)):
        with pytest.raises(refusal):
            skill_files.import_skills(getattr(cast, name), cast.home, csv_of("lena@example.org,x,1,y,"))


def test_an_import_costs_the_same_queries_for_few_and_for_many(cast: Cast, damage: SkillName) -> None:
    people = [Person(email=f"p{n}@example.org", name=f"P {n}") for n in range(30)]
    Person.objects.bulk_create(people)
    Membership.objects.bulk_create([Membership(organization=cast.home, person=one) for one in people])
    counts = []
    for some in (people[:3], people):
        with CaptureQueriesContext(connection) as asked:
            rows = [f"{one.email},Damage on cars,{len(some)},Test,2026-05-02" for one in some]
            assert skill_files.import_skills(cast.max, cast.home, csv_of(*rows)).added == len(some)
        counts.append(len(asked))
    assert counts[0] == counts[1]
