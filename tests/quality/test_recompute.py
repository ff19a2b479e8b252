"""A new opinion costs its own pairs only; a change of the method is carried through, and what moved is told."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from labeling import overlap
from quality import consensus, recompute
from quality.agreement import METHOD_VERSION
from quality.agreement.identical import chance_of_as_many, identical_objects
from quality.models import MovedScore, PairScore, RowConsensus
from tests.cast import Cast
from tests.line import Line, make_line, payload
from tests.quality.test_consensus import BOX, FAR, HALF, bring, first_row
from workforce import jobs
from workforce.errors import NotAllowed, NotFound, RuleViolation
from workforce.models import AuditEvent, Job

pytestmark = pytest.mark.django_db


@pytest.fixture
def scored(cast: Cast) -> Line:
    line = make_line(cast, rows=2, consensus_share=100, consensus_labels=3, review_share=0)
    for row in line.project.rows.order_by("pk"):
        bring(line, row, {"a": payload(BOX), "b": payload(HALF), "c": payload(BOX)})
        consensus.score_row(row.pk)
    return line


def test_a_new_opinion_computes_only_its_own_pairs(scored: Line) -> None:
    row = first_row(scored)
    before = dict(PairScore.objects.filter(project_row=row).values_list("pk", "computed_at"))
    for count, name in enumerate(("d", "e"), start=3):
        known = set(PairScore.objects.filter(project_row=row).values_list("pk", flat=True))
        bring(scored, row, {name: payload(FAR)})
        consensus.score_row(row.pk)
        new = PairScore.objects.filter(project_row=row).exclude(pk__in=known)
        assert new.count() == count and set(new.values_list("method_version", flat=True)) == {METHOD_VERSION}
    after = dict(PairScore.objects.filter(pk__in=before).values_list("pk", "computed_at"))
    assert after == before


def test_a_change_of_the_method_is_carried_through_and_told(scored: Line) -> None:
    row = first_row(scored)
    PairScore.objects.filter(project_row=row).update(method_version=METHOD_VERSION - 1, score=0.25)
    RowConsensus.objects.filter(project_row=row).update(score=0.25, method_version=METHOD_VERSION - 1, winner=None)
    job = recompute.start_recompute(scored.cast.pia, scored.project)
    with pytest.raises(RuleViolation, match="already"):
        recompute.start_recompute(scored.cast.max, scored.project)
    for _ in range(2):
        recompute.run_recompute(str(job.uid))
    job.refresh_from_db()
    assert (job.state, job.total_count, job.done_count) == (Job.State.DONE, 2, 2)
    moved = MovedScore.objects.get()
    assert (moved.project_row, moved.score_before, moved.winner_before) == (row, 0.25, None)
    assert moved.score_after == pytest.approx((1 + 0.75 + 0.75) / 3) and moved.winner_after is not None
    report = recompute.report_of(job)
    assert (report["rows"], report["moved"], report["winners"]) == (2, 1, 1)
    assert report["mean_shift"] == report["largest_shift"] == pytest.approx(2.5 / 3 - 0.25)
    assert set(PairScore.objects.values_list("method_version", flat=True)) == {METHOD_VERSION}
    assert AuditEvent.objects.filter(action="scores.recomputed", actor=scored.cast.pia).count() == 1


def test_a_run_that_stopped_goes_on_where_it_was(scored: Line) -> None:
    job = recompute.start_recompute(scored.cast.pia, scored.project)
    PairScore.objects.update(method_version=0)
    begun = jobs.begin(str(job.uid))
    assert begun
    jobs.set_total(begun, 2)
    jobs.note_chunk(begun, cursor=1, done=1, refused=())
    recompute.run_recompute(str(job.uid))
    job.refresh_from_db()
    assert (job.state, job.done_count) == (Job.State.DONE, 2)
    # The row before the cursor was not touched again.
    assert set(PairScore.objects.filter(project_row=first_row(scored)).values_list("method_version", flat=True)) == {0}


def test_the_command_and_who_may(scored: Line) -> None:
    overlap.change_overlap(scored.cast.pia, scored.project, {"consensus_strategy": "merged"})
    for person, refusal in ((scored.cast.lena, NotAllowed), (scored.cast.otto, NotFound)):
        with pytest.raises(refusal):
            recompute.start_recompute(person, scored.project)
    out = StringIO()
    with pytest.raises(CommandError):
        call_command("recompute", str(scored.project.uid), "--as", "lena@example.org", stdout=out)
    call_command("recompute", str(scored.project.uid), "--as", "pia@example.org", stdout=out)
    assert "rows: 2" in out.getvalue() and f"method_version: {METHOD_VERSION}" in out.getvalue()


def test_identical_to_the_pixel() -> None:
    a = payload((0, 0, 10.2, 10), (20, 20, 30, 30), (20, 20, 30, 30))
    b = payload((0.3, 0, 10, 10), (20, 20, 30, 30), light="night")
    assert identical_objects(a, b) == identical_objects(b, a) == (2, 2)
    assert identical_objects(a, payload()) == (0, 0)
    assert identical_objects(payload((0, 0, 1.6, 1)), payload((0, 0, 1, 1))) == (0, 1)
    assert chance_of_as_many(2, 3, 0.5) == pytest.approx(0.5) and chance_of_as_many(0, 0, 0.1) == 1.0
    with pytest.raises(ValueError):
        chance_of_as_many(3, 2, 0.5)
