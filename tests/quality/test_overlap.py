"""Dynamic overlap: one more opinion while a row is unsure, asked once, and never more than the settings allow."""

import threading
from typing import Any

import pytest
from django.db import connection

from labeling import overlap as settings
from labeling.models import ProjectPersonGrant, ProjectRow, ProjectTeamGrant, Slot, WorkSession
from quality import consensus, facts, figures, overlap
from quality.models import ExtraOpinion, MergedLabel, RowConsensus
from tests.cast import Cast
from tests.line import Line, make_line, payload
from tests.quality.draws import is_drawn
from tests.quality.test_consensus import BOX, FAR, HALF, bring, first_row, give, live_events, run_jobs
from workforce.errors import InvalidInput, NotAllowed, NotFound, RuleViolation
from workforce.models import AuditEvent, ClockTimestamp, Person
from workforce.people import external_authors

pytestmark = pytest.mark.django_db
Asked = RowConsensus.Asked


def make_pair(cast: Cast, *, rows: int = 1, **values: Any) -> Line:
    wanted = {"consensus_share": 100, "consensus_labels": 2, "consensus_most_extra": 2, "review_share": 0}
    return make_line(cast, rows=rows, **wanted | values)


def of(line: Line) -> tuple[str, int, int]:
    """Why, how many are wanted, and how many slots are open."""
    row = first_row(line)
    return (
        RowConsensus.objects.get(project_row=row).asked,
        row.labels_wanted,
        Slot.objects.filter(project_row=row, state=Slot.State.OPEN).count(),
    )


def said(line: Line) -> str:
    row = first_row(line)
    found = RowConsensus.objects.get(project_row=row)
    return overlap.in_words(found, overlap.newest_extra(row), settings.overlap_of(row.project, row.batch))


def test_an_unsure_row_asks_until_it_is_sure(cast: Cast) -> None:
    line = make_pair(cast)
    give(cast.lena, line, payload(BOX))
    give(cast.leo, line, payload(BOX, light="night"))
    run_jobs()
    # One against one: nobody knows.
    assert of(line) == (Asked.ASKED, 3, 1)
    assert said(line) == "Asked for a third opinion: posterior 0.50 < 0.75."
    (extra,) = ExtraOpinion.objects.all()
    assert (extra.number, extra.opinion_count, extra.posterior, extra.asked_by) == (1, 2, pytest.approx(0.5), None)
    assert first_row(line).state == ProjectRow.State.IN_WORK
    (told,) = live_events(line, f"row:{first_row(line).uid}", "opinion_asked")
    assert told["payload"]["number"] == 1
    for _ in range(2):
        # The same event again asks for nothing more.
        consensus.score_row(first_row(line).pk)
    assert of(line) == (Asked.ASKED, 3, 1) and ExtraOpinion.objects.count() == 1
    give(cast.lia, line, payload(BOX))
    run_jobs()
    # Two against one, each right four times of five: 0.8.
    assert of(line) == (Asked.SURE, 3, 0)
    assert said(line) == "No other opinion was needed: posterior 0.80 ≥ 0.75."
    assert first_row(line).state == ProjectRow.State.DONE


def test_shapes_ask_by_their_agreement_and_no_more_than_allowed(cast: Cast) -> None:
    line = make_pair(cast, consensus_most_extra=1)
    give(cast.lena, line, payload(BOX))
    give(cast.leo, line, payload(FAR))
    run_jobs()
    assert said(line) == "Asked for a third opinion: agreement 0.00 < 0.75."
    give(cast.lia, line, payload(HALF))
    run_jobs()
    assert of(line) == (Asked.MOST, 3, 0) and first_row(line).state == ProjectRow.State.DONE
    assert said(line) == "Still unsure (agreement 0.17 < 0.75), but no more opinions may be asked for."


def test_agreeing_rows_ask_nobody_and_nor_do_settings_without_it(cast: Cast) -> None:
    line = make_pair(cast)
    for person in (cast.lena, cast.leo):
        give(person, line, payload(BOX))
    run_jobs()
    assert of(line) == (Asked.SURE, 2, 0)
    found = RowConsensus.objects.get()
    assert (found.posterior, found.agreement, found.threshold) == (pytest.approx(0.64 / 0.68), 1.0, 0.75)
    settings.change_overlap(cast.pia, line.project, {"consensus_most_extra": 0})
    RowConsensus.objects.update(asked="")
    consensus.score_row(first_row(line).pk)
    assert of(line)[0] == "" and "ask nobody else" in said(line)


def test_nobody_is_asked_where_nobody_is_left(cast: Cast) -> None:
    line = make_pair(cast)
    ProjectTeamGrant.objects.all().delete()
    ProjectPersonGrant.objects.exclude(user__in=[cast.lena, cast.leo, cast.rita, cast.pia]).delete()
    give(cast.lena, line, payload(BOX))
    give(cast.leo, line, payload(FAR))
    run_jobs()
    # A row that waited for a fourth person would wait for ever.
    assert of(line) == (Asked.NOBODY, 2, 0) and first_row(line).state == ProjectRow.State.DONE
    assert "everybody who may label this row has done so" in said(line)
    with pytest.raises(RuleViolation) as alone:
        overlap.ask_one_more(cast.pia, first_row(line), reason="Again")
    assert alone.value.code == "nobody_left"


def test_the_hours_are_kept(cast: Cast) -> None:
    line = make_pair(cast, rows=2, consensus_extra_hours=0.15)
    slot = line.slots()[0]
    WorkSession.objects.create(
        project=line.project, slot=slot, person=cast.lena, stage="labeling", lease_token=1, outcome="submitted",
        first_beat_at=ClockTimestamp(), last_beat_at=ClockTimestamp(), active_seconds=360,
    )  # fmt: skip
    Slot.objects.filter(kind="label").update(state="revoked")
    for row in ProjectRow.objects.order_by("pk"):
        ProjectRow.objects.filter(pk=row.pk).update(state=ProjectRow.State.IN_WORK)
        bring(line, row, {"a": payload(BOX), "b": payload(FAR)})
        consensus.score_row(row.pk)
    # Six minutes a row: the first fits into nine minutes, the second does not.
    assert list(RowConsensus.objects.order_by("pk").values_list("asked", flat=True)) == [Asked.ASKED, Asked.HOURS]


def test_machines_count_what_the_settings_give_them(cast: Cast) -> None:
    line = make_pair(cast, consensus_most_extra=0)
    row = first_row(line)
    Slot.objects.filter(kind="label").update(state="revoked")
    bring(line, row, {"a": payload(BOX), "b": payload(HALF), "model": payload(FAR, light="night")})
    external = external_authors(cast.home, "file", ["model"])["model"]
    Person.objects.filter(pk=external.pk).update(kind=Person.Kind.MACHINE)
    scored = consensus.score_row(row.pk)
    assert scored and scored.score == pytest.approx(0.75) and scored.opinion_count == 3
    assert scored.winner is None and scored.status == RowConsensus.Status.TIE
    settings.change_overlap(cast.pia, line.project, {"consensus_machine_weight": 0.5})
    scored = consensus.score_row(row.pk, by_new_settings=True)
    assert scored and scored.score == pytest.approx((0.75 + 0.5 * 0 + 0.5 * 0) / 2)
    assert scored.settings_version == 2
    # Beside a machine that does not count, the one person stands.
    settings.change_overlap(cast.pia, line.project, {"consensus_machine_weight": 0.0})
    person = row.labels.get(labeler__name="a")
    Slot.objects.filter(work__in=row.labels.filter(labeler__name="b")).update(state="revoked")
    scored = consensus.score_row(row.pk, by_new_settings=True)
    assert scored and (scored.winner, scored.score, scored.status) == (person, None, "decided")


def test_the_winner_by_skill_and_merged(cast: Cast) -> None:
    line = make_pair(cast, consensus_most_extra=0, consensus_strategy="skill", consensus_labels=3)
    able = give(cast.lena, line, payload(BOX))
    give(cast.leo, line, payload(FAR, light="night"))
    give(cast.lia, line, payload(HALF, light="night"))
    for person, n, right in ((cast.lena, 40, 39), (cast.leo, 40, 12), (cast.lia, 40, 12)):
        amounts = {"benchmark_n": n, "benchmark_sum": right}
        figures.note(line.project.pk, person.pk, line.project.created_at.date(), amounts)
    run_jobs()
    found = RowConsensus.objects.get()
    assert (found.strategy, found.winner, found.status) == ("skill", able, "decided")
    settings.change_overlap(cast.pia, line.project, {"consensus_strategy": "merged"})
    kept = consensus.score_row(first_row(line).pk)
    assert kept and kept.strategy == "skill", "a finished row keeps what it was finished by"
    scored = consensus.score_row(first_row(line).pk, by_new_settings=True)
    merged = MergedLabel.objects.get()
    assert scored and (scored.strategy, scored.winner) == ("merged", able)
    assert merged.made_of == {str(label.uid): 1 for label in first_row(line).labels.all()}
    assert len(merged.payload["features"]) == 3 and sorted(merged.support.values()) == [[1, 3], [2, 3]]
    exported = facts.facts_for_export([first_row(line).pk], str)[first_row(line).pk].project
    told = exported["consensus"]
    assert exported["selected_label_id"] == told.winner == str(able.uid)
    assert (told.strategy, told.settings_version, told.method_version, told.opinions) == ("merged", 2, 1, 3)
    assert told.merged.payload == merged.payload and told.merged.made_of == merged.made_of
    before = merged.computed_at
    consensus.score_row(first_row(line).pk)
    assert MergedLabel.objects.get().computed_at == before, "nothing changed, nothing is written"
    settings.change_overlap(cast.pia, line.project, {"consensus_strategy": "agreement"})
    consensus.score_row(first_row(line).pk, by_new_settings=True)
    assert not MergedLabel.objects.exists()


def test_a_person_asks_for_one_more(cast: Cast) -> None:
    line = make_pair(cast)
    for person in (cast.lena, cast.leo):
        give(person, line, payload(BOX))
    row = first_row(line)
    with pytest.raises(RuleViolation) as waits:
        overlap.ask_one_more(cast.pia, row, reason="Look again")
    assert waits.value.code == "row_waits"
    run_jobs()
    for person, refusal in ((cast.lena, NotAllowed), (cast.otto, NotFound)):
        with pytest.raises(refusal):
            overlap.ask_one_more(person, row, reason="Look again")
    with pytest.raises(InvalidInput, match="why"):
        overlap.ask_one_more(cast.pia, row, reason=" ")
    overlap.ask_one_more(cast.pia, row, reason="Look again")
    assert of(line) == (Asked.ASKED, 3, 1)
    assert said(line) == "Asked for a third opinion by a person: Look again"
    again = first_row(line)
    assert (again.state, again.revision) == (ProjectRow.State.IN_WORK, row.revision + 1)
    assert AuditEvent.objects.get(action="opinion.asked").after["reason"] == "Look again"
    give(cast.lia, line, payload(BOX))
    run_jobs()
    assert first_row(line).state == ProjectRow.State.DONE and of(line)[0] == Asked.SURE


@pytest.mark.django_db(transaction=True)
def test_several_jobs_at_once_ask_once(cast: Cast) -> None:
    line = make_pair(cast)
    give(cast.lena, line, payload(BOX))
    give(cast.leo, line, payload(FAR, light="night"))
    row, start = first_row(line), threading.Barrier(4)

    def score() -> None:
        start.wait(10)
        try:
            consensus.score_row(row.pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=score) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert of(line) == (Asked.ASKED, 3, 1) and ExtraOpinion.objects.count() == 1
    assert not is_drawn(first_row(line))
