"""Submit: one transaction, fenced, idempotent, and typed work is never lost."""

import copy
import threading
from typing import Any

import pytest
from django.db import DatabaseError, close_old_connections, connection, transaction

from labeling import counters, drafts, labels, ontologies, project_access, queue
from labeling.drafts import Base
from labeling.editor import editor_rows
from labeling.models import Draft, Label, LabelVersion, ProjectRow, Slot
from tests.labeling.test_queue import expire, lease
from tests.line import DOCUMENT, Line, make_line, payload
from tests.locks import wait_until_somebody_waits
from workforce import organizations
from workforce.errors import InvalidInput, NotFound, RuleViolation
from workforce.models import AuditEvent, Event, IdempotencyRecord, Person
from workforce.roles import Role

pytestmark = pytest.mark.django_db


def submit(person: Person, slot: Slot, body: Any = None, *, key: str = "key-1", version: int = 1) -> Any:
    body = payload((1, 1, 20, 20)) if body is None else body
    return labels.submit_label(
        person, str(slot.uid), token=slot.lease_token, payload=body, ontology_version=version, key=key
    )


def test_a_submit_writes_label_version_audit_and_answer(line: Line) -> None:
    slot = lease(line.cast.lena, line)
    answer = submit(line.cast.lena, slot)
    assert answer.status == 201
    version = LabelVersion.objects.get()
    assert (version.number, version.author, version.object_count) == (1, line.cast.lena, 1)
    assert version.active_seconds is not None
    assert AuditEvent.objects.filter(action="label.submitted", target_uid=version.label.uid).count() == 1
    assert IdempotencyRecord.objects.count() == 1
    slot.refresh_from_db()
    assert slot.state in (Slot.State.SUBMITTED, Slot.State.DONE)


def test_the_same_key_and_body_get_the_first_answer(line: Line) -> None:
    slot, body = lease(line.cast.lena, line), payload((1, 1, 20, 20))
    first = submit(line.cast.lena, slot, body)
    again = submit(line.cast.lena, slot, copy.deepcopy(body))
    assert (again.status, again.body) == (200, first.body)
    assert LabelVersion.objects.count() == 1


def test_a_repeated_submit_is_told_the_time_of_the_first(line: Line) -> None:
    slot, body = lease(line.cast.lena, line), payload((1, 1, 20, 20))
    submit(line.cast.lena, slot, body)
    slot.refresh_from_db()
    assert slot.submitted_at is not None
    assert submit(line.cast.lena, slot, body).body["submitted_at"] == slot.submitted_at.isoformat()


def test_the_same_key_with_another_body_is_refused(line: Line) -> None:
    slot = lease(line.cast.lena, line)
    submit(line.cast.lena, slot)
    with pytest.raises(InvalidInput) as refusal:
        submit(line.cast.lena, slot, payload((2, 2, 30, 30)))
    assert refusal.value.code == "key_reused"
    assert LabelVersion.objects.count() == 1


def test_another_key_for_a_submitted_row_is_refused(line: Line) -> None:
    slot = lease(line.cast.lena, line)
    submit(line.cast.lena, slot)
    with pytest.raises(RuleViolation) as refusal:
        submit(line.cast.lena, slot, key="key-2")
    assert refusal.value.code == "already_submitted"
    assert Label.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_an_expired_lease_keeps_the_work_as_a_draft(line: Line) -> None:
    slot, body = lease(line.cast.lena, line), payload((1, 1, 20, 20))
    expire(slot)
    with pytest.raises(RuleViolation) as refusal:
        submit(line.cast.lena, slot, body)
    assert refusal.value.code == "lease_expired"
    assert refusal.value.details["draft_saved"] is True
    assert Draft.objects.get(person=line.cast.lena).payload == body
    assert Label.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_late_work_is_fenced_after_someone_else_took_the_row(line: Line) -> None:
    slot = lease(line.cast.lena, line)
    queue.keep_leases(line.cast.lena, str(slot.uid), slot.lease_token, has_input=True)
    expire(slot)
    taken = lease(line.cast.leo, line)
    assert taken.pk == slot.pk
    with pytest.raises(RuleViolation) as refusal:
        submit(line.cast.lena, slot)
    assert refusal.value.code == "lease_lost"
    assert refusal.value.details["draft_saved"] is True
    assert submit(line.cast.leo, taken, key="key-leo").status == 201
    assert Label.objects.get().labeler == line.cast.leo


def test_an_invalid_label_is_refused_with_the_path(line: Line) -> None:
    slot, body = lease(line.cast.lena, line), payload((1, 1, 20, 20))
    body["features"][0]["value"] = [1, 1, 500, 20]
    body["features"].pop()
    with pytest.raises(InvalidInput) as refusal:
        submit(line.cast.lena, slot, body)
    paths = [fault["path"] for fault in refusal.value.details["faults"]]
    assert any(path.startswith("features[0].value") for path in paths)
    assert refusal.value.details["draft_saved"] is True


def test_a_label_is_made_under_the_version_of_its_lease(line: Line) -> None:
    slot = lease(line.cast.lena, line)
    ontologies.revise_ontology(line.cast.max, line.ontology.ontology, document=DOCUMENT)
    with pytest.raises(RuleViolation) as refusal:
        submit(line.cast.lena, slot, version=2)
    assert refusal.value.code == "ontology_changed"
    assert submit(line.cast.lena, slot, version=1, key="key-2").status == 201


def test_a_draft_has_revisions_and_two_tabs_are_told_apart(line: Line) -> None:
    slot = lease(line.cast.lena, line)
    uid, body = str(slot.uid), payload((1, 1, 20, 20))
    assert drafts.save_draft(line.cast.lena, uid, base_revision=0, payload=body, tab="a").revision == 1
    assert drafts.save_draft(line.cast.lena, uid, base_revision=1, payload=body, tab="a").revision == 2
    with pytest.raises(RuleViolation) as refusal:
        drafts.save_draft(line.cast.lena, uid, base_revision=1, payload=body, tab="b")
    assert refusal.value.code == "draft_conflict"
    assert refusal.value.details["theirs"]["revision"] == 2


def test_the_tab_that_was_not_chosen_is_kept_beside_the_one_that_goes_on(line: Line) -> None:
    lena, slot = line.cast.lena, lease(line.cast.lena, line)
    first, second = payload((1, 1, 20, 20)), payload((5, 5, 40, 40))

    def save(base: int, body: Any, tab: str, **options: Any) -> int:
        saved = drafts.save_draft(lena, str(slot.uid), base_revision=base, payload=body, tab=tab, **options)
        return saved.revision

    def kept() -> list[tuple[bool, Any]]:
        return [(draft.is_copy, draft.payload) for draft in Draft.objects.order_by("is_copy", "pk")]

    assert save(0, first, "a") == 1
    assert save(1, second, "b", keeps_other=True) == 2
    assert kept() == [(False, second), (True, first)]
    assert save(2, second, "b", keeps_other=True) == 3
    assert save(3, first, "b", keeps_other=True) == 4
    assert kept() == [(False, first), (True, second)]


def late(person: Person, slot: Slot, body: Any, base: Base, *, key: str = "late") -> RuleViolation:
    with pytest.raises(RuleViolation) as refusal:
        labels.submit_label(
            person, str(slot.uid), token=slot.lease_token, payload=body, ontology_version=1, key=key, base=base
        )
    return refusal.value


def save(person: Person, slot: Slot, body: Any, base_revision: int, tab: str) -> drafts.Saved:
    return drafts.save_draft(person, str(slot.uid), base_revision=base_revision, payload=body, tab=tab)


def test_a_refused_submit_is_the_next_revision_of_the_draft_that_it_knew(line: Line) -> None:
    """The page adopts the revision, and its next autosave is no quarrel with itself."""
    slot, body, more = lease(line.cast.lena, line), payload((1, 1, 20, 20)), payload((1, 1, 30, 30))
    save(line.cast.lena, slot, payload(), 0, "a")
    expire(slot)
    refusal = late(line.cast.lena, slot, body, Base(1, "a"))
    assert refusal.code == "lease_expired"
    assert {name: refusal.details[name] for name in ("draft_saved", "kept_as", "draft_revision")} == {
        "draft_saved": True,
        "kept_as": "draft",
        "draft_revision": 2,
    }
    assert save(line.cast.lena, slot, more, 2, "a").revision == 3
    assert Draft.objects.get().payload == more


def test_a_refused_submit_never_takes_the_place_of_newer_work(line: Line) -> None:
    """Tab a slept with its payload while the person went on in tab b: both are kept, each once."""
    slot, old, new = lease(line.cast.lena, line), payload((1, 1, 20, 20)), payload((1, 1, 30, 30))
    save(line.cast.lena, slot, old, 0, "a")
    save(line.cast.lena, slot, new, 1, "b")
    expire(slot)
    for base in (Base(1, "a"), Base(), Base(1, "a")):
        refusal = late(line.cast.lena, slot, old, base)
        assert (refusal.details["draft_saved"], refusal.details["kept_as"]) == (True, "copy")
        assert "draft_revision" not in refusal.details
    kept = {draft.is_copy: draft.payload for draft in Draft.objects.all()}
    assert kept == {False: new, True: old} and Draft.objects.count() == 2
    (again,) = editor_rows(line.cast.lena, [slot])
    assert again.draft is not None and again.draft.payload == new
    assert again.older_draft is not None and again.older_draft.payload == old


def test_a_submit_leaves_what_another_tab_typed_since(line: Line) -> None:
    slot, sent, newer = lease(line.cast.lena, line), payload((1, 1, 20, 20)), payload((1, 1, 30, 30))
    save(line.cast.lena, slot, sent, 0, "a")
    save(line.cast.lena, slot, newer, 1, "b")
    labels.submit_label(
        line.cast.lena,
        str(slot.uid),
        token=slot.lease_token,
        payload=sent,
        ontology_version=1,
        key="k",
        base=Base(1, "a"),
    )
    draft = Draft.objects.get()
    assert (draft.is_copy, draft.payload) == (True, newer)


def test_other_work_for_a_submitted_row_is_kept_beside_it(line: Line) -> None:
    slot, sent = lease(line.cast.lena, line), payload((1, 1, 20, 20))
    submit(line.cast.lena, slot, sent)
    assert late(line.cast.lena, slot, sent, Base(), key="same").details["draft_saved"] is False
    assert not Draft.objects.exists()
    other = payload((1, 1, 30, 30))
    refusal = late(line.cast.lena, slot, other, Base(), key="other")
    assert (refusal.code, refusal.details["kept_as"]) == ("already_submitted", "copy")
    assert Draft.objects.get().payload == other


def test_a_late_autosave_brings_no_draft_back(line: Line) -> None:
    slot, body = lease(line.cast.lena, line), payload((1, 1, 20, 20))
    save(line.cast.lena, slot, body, 0, "a")
    submit(line.cast.lena, slot, body)
    with pytest.raises(RuleViolation) as refusal:
        save(line.cast.lena, slot, body, 1, "a")
    assert refusal.value.code == "already_submitted"
    assert not Draft.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_an_autosave_waits_for_the_submit_in_front_of_it(line: Line) -> None:
    slot, body = lease(line.cast.lena, line), payload((1, 1, 20, 20))
    refusals: list[str] = []

    def autosave() -> None:
        try:
            save(line.cast.lena, slot, body, 0, "a")
        except RuleViolation as refusal:
            refusals.append(refusal.code)
        finally:
            connection.close()

    behind = threading.Thread(target=autosave)
    with transaction.atomic():
        submit(line.cast.lena, slot, body)
        behind.start()
        wait_until_somebody_waits()
    behind.join(10)
    assert refusals == ["already_submitted"]
    assert not Draft.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_an_autosave_and_a_skip_of_one_row_get_by_each_other(line: Line) -> None:
    """The draft names the row that the skip holds, and the skip wants the slot that the autosave holds."""
    slot = lease(line.cast.lena, line)
    failures: list[str] = []

    def skip() -> None:
        try:
            queue.skip_slot(line.cast.lena, str(slot.uid), slot.lease_token or 0, reason="other", comment="Too dark.")
        except DatabaseError as failure:
            failures.append(str(failure))
        finally:
            connection.close()

    behind = threading.Thread(target=skip)
    with transaction.atomic():
        Slot.objects.select_for_update(no_key=True).get(pk=slot.pk)
        behind.start()
        wait_until_somebody_waits()
        save(line.cast.lena, slot, payload((1, 1, 20, 20)), 0, "a")
    behind.join(10)
    assert not failures
    assert Draft.objects.count() == 1
    assert Slot.objects.get(pk=slot.pk).state == Slot.State.SKIPPED


def test_a_draft_may_be_unfinished_but_not_nonsense(line: Line) -> None:
    slot = lease(line.cast.lena, line)
    drafts.save_draft(line.cast.lena, str(slot.uid), base_revision=0, payload={"features": []}, tab="a")
    with pytest.raises(InvalidInput):
        drafts.save_draft(line.cast.lena, str(slot.uid), base_revision=1, payload={"features": "x"}, tab="a")


def test_nobody_writes_a_draft_on_another_persons_row(line: Line) -> None:
    slot = lease(line.cast.lena, line)
    for name in ("leo", "otto"):
        with pytest.raises(NotFound):
            drafts.save_draft(getattr(line.cast, name), str(slot.uid), base_revision=0, payload={}, tab="a")


@pytest.mark.django_db(transaction=True)
def test_fifty_people_lease_and_submit_a_thousand_slots(cast: Any) -> None:
    """No slot twice, none lost, every answer accounted for, while leases expire under the people's hands."""
    line = make_line(cast, rows=500, consensus_share=100, consensus_labels=2, review_share=0)
    crew = []
    for number in range(50):
        person = Person.objects.create(email=f"p{number}@example.org", name=f"P {number}", password="!")
        organizations.add_member(cast.ada, cast.home, person, role="member")
        project_access.grant_role(cast.ada, line.project, person, role=Role.LABELER)
        crew.append(person)
    assert line.slots().count() == 1000
    accepted: list[tuple[str, str]] = []
    refused: list[str] = []
    broken: list[BaseException] = []
    guard = threading.Lock()
    done = threading.Event()

    def work(person: Person) -> None:
        try:
            idle = 0
            while idle < 40 and not done.is_set():
                claim = queue.lease_next_rows(person, line.project)
                close_old_connections()
                idle = 0 if claim.slots else idle + 1
                if not claim.slots:
                    done.wait(0.1)
                for slot in claim.slots:
                    try:
                        answer = submit(person, slot, payload((1, 1, 9, 9)), key=f"{slot.uid}-{slot.lease_token}")
                    except RuleViolation as refusal:
                        with guard:
                            refused.append(refusal.code)
                    else:
                        with guard:
                            accepted.append((str(slot.uid), answer.body["label"]))
                    connection.close()
        except BaseException as error:
            broken.append(error)
        finally:
            connection.close()

    def expire_some() -> None:
        try:
            while not done.is_set():
                with connection.cursor() as cursor:
                    cursor.execute(
                        "UPDATE labeling_slot SET leased_until = clock_timestamp() - interval '1 second' WHERE id IN ("
                        "SELECT id FROM labeling_slot WHERE state = 'leased' AND lease_token %% 7 = 0"
                        " LIMIT 20 FOR UPDATE SKIP LOCKED)",
                        [],
                    )
                connection.close()
                done.wait(0.05)
        finally:
            connection.close()

    reaper = threading.Thread(target=expire_some)
    threads = [threading.Thread(target=work, args=(person,)) for person in crew]
    reaper.start()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(240)
    done.set()
    reaper.join(10)

    assert broken == []
    slots = list(line.slots())
    assert len(slots) == 1000
    # With two opinions a row is settled by its score, which is a job; each submit left one.
    assert {slot.state for slot in slots} == {Slot.State.SUBMITTED}
    assert len(accepted) == len({uid for uid, _ in accepted}) == 1000
    assert Label.objects.count() == LabelVersion.objects.count() == 1000
    assert {str(uid) for uid in Label.objects.values_list("uid", flat=True)} == {uid for _, uid in accepted}
    for row in ProjectRow.objects.filter(project=line.project):
        assert Label.objects.filter(project_row=row).values("labeler").distinct().count() == 2
    assert set(refused) <= {"lease_expired", "lease_lost"}
    assert refused, "the reaper must have taken some leases, or the test shows nothing"
    assert AuditEvent.objects.filter(action="label.submitted").count() == 1000
    assert counters.rows_by_state(line.project)["in_work"] == 500
    asked = {event.payload["row"] for event in Event.objects.filter(task="quality.tasks.score_row")}
    assert asked == {str(row.uid) for row in ProjectRow.objects.filter(project=line.project)}
