"""Vetting: who may move whom from where to where, what each move leaves behind, and what two at once become."""

import threading
from collections.abc import Callable

import pytest
from django.db import IntegrityError, connection, transaction

from labeling import project_access, queue
from labeling.models import Pause, ProjectPersonGrant, ProjectTeamGrant
from quality import funnel_settings, vetting, vetting_steps
from quality.models import Candidacy, FunnelEvent, FunnelSettings
from quality.vetting import NOWHERE, Who
from tests.cast import Cast
from tests.line import Line, make_line
from tests.quality.test_practice import make
from tests.quality.test_quizzes import publish
from tests.quality.test_rules import results
from tests.quality.vetting_stage import FORM, NOTE, State, last_event, put, scored, stands, vet
from workforce import access
from workforce.errors import InvalidInput, NotAllowed, NotFound, Refusal
from workforce.models import AuditEvent, Event, Person
from workforce.roles import Permission, Role

pytestmark = pytest.mark.django_db
STATES = [NOWHERE, *State.values]
STEPS = "guidelines quiz practice assessment ramp production"
# From → to, by whom. What is not here is refused.
TABLE = {
    Who.PERSON: {
        "": "applied",
        "applied": "withdrawn",
        "interviewed": "withdrawn",
        "invited": "withdrawn",
        "withdrawn": "applied",
    },
    Who.MANAGER: {
        "": "invited",
        "applied": "interviewed invited declined",
        "interviewed": "interviewed invited declined",
        "invited": "declined",
        "guidelines": f"{STEPS} declined",
        "quiz": f"{STEPS} declined",
        "practice": f"{STEPS} declined",
        "assessment": f"{STEPS} declined",
        "ramp": f"{STEPS} declined",
        "production": "guidelines quiz practice assessment ramp",
        "declined": "invited",
        "withdrawn": "invited",
    },
    Who.ITSELF: {
        "": "guidelines production",
        "applied": "guidelines",
        "interviewed": "guidelines",
        "invited": "guidelines",
        "guidelines": "quiz practice assessment ramp production",
        "quiz": "practice assessment ramp production",
        "practice": "assessment ramp production",
        "assessment": "assessment ramp production",
        "ramp": "assessment ramp production",
    },
}


@pytest.fixture
def stage(cast: Cast) -> Line:
    """Thirty rows; applications are open, and every step is asked."""
    line = make_line(cast, rows=30, review_share=0)
    publish(line)
    make(line)
    vet(line, is_open=True, asks_quiz=True, practice_count=3)
    return line


def code_of(act: Callable[[], object]) -> str:
    with pytest.raises(Refusal) as refusal, transaction.atomic():
        act()
    return refusal.value.code


# --- The table ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("who", list(Who))
def test_every_cell_of_the_table_of_moves(who: Who) -> None:
    said = {source: set(TABLE[who].get(source, "").split()) for source in STATES}
    found = {source: {to for to in State.values if vetting.is_allowed(who, source, to)} for source in STATES}
    assert found == said


def test_every_cell_is_what_happens_to_a_person(stage: Line) -> None:
    """Each state, each move of a manager and of the person: made where the table says so, else refused by its code."""
    cast, wrong = stage.cast, []
    for source in State.values:
        for to in State.values:
            for who in (Who.MANAGER, Who.PERSON):
                with transaction.atomic():
                    one = put(stage, cast.nora, source)
                    try:
                        if who == Who.MANAGER:
                            vetting.move_candidacy(cast.pia, one, to, note=NOTE, seen=source)
                        elif to == State.WITHDRAWN:
                            vetting.withdraw(cast.nora, stage.project)
                        elif to == State.APPLIED:
                            vetting.apply_for(cast.nora, stage.project, **FORM)
                        else:
                            continue
                        said = stands(stage, cast.nora).state
                    except Refusal as refusal:
                        said = refusal.code
                    wanted = to if to in TABLE[who].get(source, "").split() else ""
                    refused = {"move_not_allowed", "applied_already", "declined"}
                    if said != wanted if wanted else said not in refused:
                        wrong.append(f"{who}: {source} → {to}: {said}")
                    transaction.set_rollback(True)
    assert wrong == []


# --- Apply, interview, invite, decline ----------------------------------------------------------------------------
def test_from_the_form_to_the_role_with_evidence_and_audit(stage: Line) -> None:
    cast = stage.cast
    vetting.apply_for(cast.nora, stage.project, **FORM)
    assert last_event(stage, cast.nora).evidence == FORM
    assert code_of(lambda: vetting.apply_for(cast.nora, stage.project, **FORM)) == "applied_already"
    vetting.move_candidacy(cast.pia, stands(stage, cast.nora), State.INTERVIEWED, note=NOTE)
    event = last_event(stage, cast.nora)
    assert (event.by, event.note, event.from_state) == (cast.pia, NOTE, State.APPLIED)
    assert not access.can(cast.nora, Permission.LABEL, stage.project)
    vetting.move_candidacy(cast.pia, stands(stage, cast.nora), State.INVITED)
    grant = ProjectPersonGrant.objects.get(user=cast.nora)
    assert (grant.role, grant.granted_by) == (Role.LABELER, cast.pia)
    moves = AuditEvent.objects.filter(action="candidacy.moved").order_by("pk")
    assert [(one.actor, one.after["state"]) for one in moves] == [
        (cast.nora, "applied"),
        (cast.pia, "interviewed"),
        (cast.pia, "invited"),
    ]
    told = Event.objects.filter(stream=f"person:{cast.nora.uid}", kind="vetting_moved").order_by("pk")
    assert [one.payload["state"] for one in told] == ["applied", "interviewed", "invited"]


def test_who_may_apply_where(stage: Line) -> None:
    cast = stage.cast

    def apply(name: str) -> Candidacy:
        return vetting.apply_for(getattr(cast, name), stage.project, **FORM)

    assert code_of(lambda: apply("lena")) == "has_role"
    assert code_of(lambda: apply("otto")) == "not_found"
    assert code_of(lambda: vetting.apply_for(cast.nora, stage.project, why=" ", experience="x")) == "text_length"
    project_access.grant_role(cast.ada, stage.project, cast.leo, role=Role.NO_ACCESS)
    assert code_of(lambda: apply("leo")) == "not_allowed"
    assert code_of(lambda: apply("vera")) == "has_role", "through her vendor"
    assert apply("vito").state == State.APPLIED
    Candidacy.objects.update(state=State.WITHDRAWN)
    ProjectTeamGrant.objects.all().delete()
    assert code_of(lambda: apply("vera")) == "not_found", "nothing is known of a project that is not shared with them"
    assert code_of(lambda: apply("vito")) == "not_found"
    assert code_of(lambda: vetting.invite_person(cast.pia, stage.project, cast.vito)) == "vendor_not_here"
    version = funnel_settings.settings_of(stage.project).version
    funnel_settings.change_settings(cast.pia, stage.project, after=version, is_open=False)
    assert code_of(lambda: apply("nora")) == "not_open"


def test_an_interview_may_be_asked_before_an_invitation(stage: Line) -> None:
    cast = stage.cast
    version = funnel_settings.settings_of(stage.project).version
    funnel_settings.change_settings(cast.pia, stage.project, after=version, needs_interview=True)
    vetting.apply_for(cast.nora, stage.project, **FORM)
    one = stands(stage, cast.nora)
    assert code_of(lambda: vetting.move_candidacy(cast.pia, one, State.INVITED)) == "interview_first"
    assert code_of(lambda: vetting.move_candidacy(cast.pia, one, State.INTERVIEWED, note=" ")) == "text_length"
    vetting.move_candidacy(cast.pia, one, State.INTERVIEWED, note=NOTE)
    vetting.move_candidacy(cast.pia, stands(stage, cast.nora), State.INVITED)


def test_what_is_said_on_declining_is_read_and_only_an_invitation_goes_on(stage: Line) -> None:
    cast = stage.cast
    vetting.apply_for(cast.nora, stage.project, **FORM)
    vetting.move_candidacy(cast.max, stands(stage, cast.nora), State.DECLINED, note="No time zone of yours.")
    assert last_event(stage, cast.nora).note == "No time zone of yours."
    assert code_of(lambda: vetting.apply_for(cast.nora, stage.project, **FORM)) == "declined"
    vetting.invite_person(cast.pia, stage.project, cast.nora)
    assert stands(stage, cast.nora).state == State.INVITED


def test_who_runs_the_funnel_and_who_does_not(stage: Line) -> None:
    cast = stage.cast
    one = put(stage, cast.lena, State.QUIZ)
    refusals: dict[str, type[Refusal]] = dict.fromkeys(
        ("lena", "tom", "eva", "rita", "vito", "wim", "nora"), NotAllowed
    )
    for name, refused in {**refusals, "otto": NotFound}.items():
        who = getattr(cast, name)
        for act in (
            lambda who: vetting.move_candidacy(who, one, State.PRODUCTION, note=NOTE),
            lambda who: vetting.candidacy_to_move(who, one.uid),
            lambda who: vetting.invite_person(who, stage.project, cast.nora),
            lambda who: funnel_settings.change_settings(who, stage.project, after=1, asks_quiz=False),
            lambda who: funnel_settings.switch(who, stage.project, is_on=False),
        ):
            with pytest.raises(refused):
                act(who)
    assert stands(stage, cast.lena).state == State.QUIZ
    assert code_of(lambda: vetting.invite_person(cast.pia, stage.project, cast.otto)) == "not_found"


def test_a_move_by_hand_says_why_and_goes_only_to_a_step_that_is_asked(stage: Line) -> None:
    cast, one = stage.cast, put(stage, stage.cast.lena, State.ASSESSMENT)
    assert code_of(lambda: vetting.move_candidacy(cast.pia, one, State.RAMP, note="")) == "text_length"
    assert code_of(lambda: vetting.move_candidacy(cast.pia, one, "moon", note=NOTE)) == "unknown_state"
    vetting.move_candidacy(cast.pia, one, State.RAMP, note=NOTE)
    event = last_event(stage, cast.lena)
    assert (event.by, event.to_step, event.evidence) == (cast.pia, 1, {"by_hand": True})
    version = funnel_settings.settings_of(stage.project).version
    funnel_settings.change_settings(cast.pia, stage.project, after=version, asks_quiz=False)
    again = stands(stage, cast.lena)
    assert code_of(lambda: vetting.move_candidacy(cast.pia, again, State.QUIZ, note=NOTE)) == "step_not_asked"
    assert code_of(lambda: vetting.move_candidacy(cast.pia, again, State.QUIZ, note=NOTE, seen="quiz")) == (
        "candidacy_moved_on"
    )


def test_moves_never_change_or_go(stage: Line) -> None:
    vetting.apply_for(stage.cast.nora, stage.project, **FORM)
    for act in (lambda: FunnelEvent.objects.update(note="x"), lambda: FunnelEvent.objects.all().delete()):
        with pytest.raises(IntegrityError), transaction.atomic():
            act()


# --- Settings -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"ramp_caps": [50, 20]}, "ramp_invalid"),
        ({"ramp_caps": [20, "50"]}, "ramp_invalid"),
        ({"ramp_caps": [0]}, "ramp_invalid"),
        ({"ramp_caps": list(range(1, 12))}, "ramp_invalid"),
        ({"assessment_count": 2}, "assessment_invalid"),
        ({"assessment_bar": 1.5}, "vetting_invalid"),
        ({"gold_share": 0}, "vetting_invalid"),
        ({"pause_days": 0}, "vetting_invalid"),
        ({"colour": 1}, "unknown_setting"),
    ],
)
def test_settings_that_cannot_be_are_refused(line: Line, values: dict[str, object], code: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        funnel_settings.change_settings(line.cast.pia, line.project, after=0, **values)
    assert refusal.value.code == code and not FunnelSettings.objects.exists()


def test_settings_are_changed_by_version_and_audited(line: Line) -> None:
    cast = line.cast
    funnel_settings.change_settings(cast.pia, line.project, after=0, ramp_caps=[10], pause_days=None)
    assert code_of(lambda: funnel_settings.change_settings(cast.max, line.project, after=0, ramp_caps=[])) == (
        "settings_moved_on"
    )
    told = AuditEvent.objects.get(action="vetting.changed")
    assert (told.before["ramp_caps"], told.after["ramp_caps"]) == ([20, 50, 100], [10])
    for name, refused in (("lena", NotAllowed), ("tom", NotAllowed), ("otto", NotFound)):
        with pytest.raises(refused):
            funnel_settings.settings_for(getattr(cast, name), line.project)
    assert funnel_settings.settings_for(cast.wim, line.project).ramp_caps == [10]


def test_who_has_work_here_when_it_is_switched_on_is_in_production(cast: Cast) -> None:
    line = make_line(cast, rows=6, review_share=0)
    results(line, cast.lena, [0.1])
    line.slots().filter(labeler=cast.lena).update(submitted_at="2026-01-01T00:00Z")
    done = [funnel_settings.switch(cast.pia, line.project, is_on=True).settled for _ in range(2)]
    assert done == [1, 0] and AuditEvent.objects.filter(action="vetting.on").count() == 1
    line.project.refresh_from_db()
    assert stands(line, cast.lena).state == State.PRODUCTION
    assert vetting_steps.arrive(cast.leo, line.project).state == State.ASSESSMENT, "no guidelines, no quiz"
    assert vetting_steps.arrive(cast.eva, line.project).state == State.PRODUCTION, "she sees gold"
    funnel_settings.switch(cast.pia, line.project, is_on=False)
    line.project.refresh_from_db()
    assert queue.lease_next_rows(cast.lia, line.project).slots, "off, nothing is asked"


# --- Two at once --------------------------------------------------------------------------------------------------
def at_once(*acts: Callable[[], object]) -> list[str]:
    """What became of acts that began together: the code of the refusal, or blank."""
    start, said = threading.Barrier(len(acts)), []

    def run(act: Callable[[], object]) -> None:
        try:
            start.wait(10)
            act()
        except Refusal as refusal:
            said.append(refusal.code)
        else:
            said.append("")
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return sorted(said)


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_wins(stage: Line) -> None:
    cast = stage.cast
    vetting.apply_for(cast.nora, stage.project, **FORM)
    seen = stands(stage, cast.nora)

    def by(who: Person, to: str) -> Callable[[], object]:
        return lambda: vetting.move_candidacy(who, seen, to, note=NOTE, seen=State.APPLIED)

    assert at_once(by(cast.pia, State.INVITED), by(cast.max, State.DECLINED)) == ["", "candidacy_moved_on"]
    assert FunnelEvent.objects.filter(candidacy=seen).count() == 2
    # The scores of one who is tried out, and a manager who moves them by hand.
    put(stage, cast.lena, State.ASSESSMENT)
    scored(stage, cast.lena, [0.1] * 10)
    tried = stands(stage, cast.lena)
    at_once(lambda: vetting.move_candidacy(cast.pia, tried, State.RAMP, note=NOTE), vetting_steps.look_at_results)
    assert stands(stage, cast.lena).state == State.RAMP
    acted = FunnelEvent.objects.filter(candidacy=tried, evidence__has_key="pause")
    assert acted.count() == Pause.objects.count(), "nobody is paused by a look that came too late"
    # Somebody applies and is invited at the same moment.
    at_once(
        lambda: vetting.apply_for(cast.vito, stage.project, **FORM),
        lambda: vetting.invite_person(cast.pia, stage.project, cast.vito),
    )
    assert stands(stage, cast.vito).state == State.INVITED
    # First arrivals in two tabs.
    at_once(*[lambda: vetting_steps.arrive(cast.leo, stage.project)] * 2)
    assert Candidacy.objects.filter(person=cast.leo).count() == 1


def test_who_turns_an_invitation_down_keeps_no_role_and_may_apply_again(stage: Line) -> None:
    cast = stage.cast
    vetting.invite_person(cast.pia, stage.project, cast.nora)
    assert access.can(cast.nora, Permission.LABEL, stage.project)
    vetting.withdraw(cast.nora, stage.project)
    assert not access.can(cast.nora, Permission.LABEL, stage.project)
    assert AuditEvent.objects.get(action="access.given_up").actor == cast.nora
    assert code_of(lambda: vetting.withdraw(cast.nora, stage.project)) == "move_not_allowed"
    assert vetting.apply_for(cast.nora, stage.project, **FORM).state == State.APPLIED
    assert code_of(lambda: vetting.withdraw(cast.otto, stage.project)) == "not_found"
