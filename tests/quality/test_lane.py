"""The lane of low agreement: what stands in it, what a manager does about it, many rows at once, each act audited."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from labeling import overlap as settings
from labeling import returns
from labeling.models import ProjectRow, Slot
from quality import lane
from quality.models import ExtraOpinion, RowConsensus
from tests.cast import Cast
from tests.labeling.api.hands import signed_in
from tests.line import Line, make_line, payload
from tests.quality.admin.test_pages import client_of, page, words_of
from tests.quality.test_consensus import BOX, FAR, bring, consensus, give, run_jobs
from tests.quality.test_review import decide, lease_review
from workforce.errors import InvalidInput, NotFound, RuleViolation
from workforce.models import AuditEvent

pytestmark = pytest.mark.django_db
WHY = "The plates cannot be read."


@pytest.fixture
def low(cast: Cast) -> Line:
    """Four finished rows: three on which two people differ, and one on which they agree."""
    line = make_line(cast, rows=4, consensus_share=100, consensus_labels=2, review_share=0)
    for number, row in enumerate(ProjectRow.objects.order_by("pk")):
        give(cast.lena, line, payload(BOX), row=row)
        give(cast.leo, line, payload(BOX) if number == 3 else payload(FAR, light="night"), row=row)
    run_jobs()
    return line


def rows(line: Line) -> list[ProjectRow]:
    return list(ProjectRow.objects.select_related("project", "data_row").filter(project=line.project).order_by("pk"))


def in_lane(line: Line) -> list[str]:
    found = lane.low_rows(lane.rows_with_scores(line.cast.pia, line.project))
    return sorted(found.values_list("data_row__external_id", flat=True))


def do(line: Line, act: str, *which: int, reason: str = WHY) -> Any:
    uids = [str(rows(line)[number].uid) for number in which]
    return lane.act_on_rows(line.cast.pia, line.project, uids, act, reason=reason)


def audited(action: str) -> int:
    return AuditEvent.objects.filter(action=action).count()


def test_what_stands_in_the_lane(low: Line) -> None:
    assert in_lane(low) == ["row-00000", "row-00001", "row-00002"]
    batch = low.project.batches.get()
    settings.change_overlap(low.cast.pia, low.project, {"consensus_threshold": 0.0}, batch=batch)
    assert in_lane(low) == [], "the batch's threshold is the one in force"


def test_one_message_of_done_and_refused(low: Line) -> None:
    told = do(low, "ask", 0, 1)
    assert told.done == ("row-00000", "row-00001") and not told.refused
    again = do(low, "ask", 1, 2)
    assert again.done == ("row-00002",) and again.refused == (
        ("row-00001", "This row still waits for work that was asked for."),
    )
    assert again.in_words(one="row asked", many="rows asked") == (
        "1 row asked. Refused: row-00001 (This row still waits for work that was asked for)."
    )
    assert ExtraOpinion.objects.count() == audited("opinion.asked") == 3
    assert Slot.objects.filter(state="open").count() == 3


def test_a_row_is_sent_to_review_and_comes_back(low: Line) -> None:
    row = rows(low)[0]
    assert do(low, "review", 0).done and audited("row.sent_to_review") == 1
    # A tie has no winner, so both labels are looked at.
    assert Slot.objects.filter(project_row=row, kind="review", state="open").count() == 2
    assert do(low, "review", 0).refused[0][1] == "This row is not finished, so it is reviewed on its way."
    assert rows(low)[0].state == ProjectRow.State.IN_REVIEW
    for _ in range(2):
        slot = lease_review(low.cast.rita, low)
        decide(low.cast.rita, slot, decision="approve")
    assert rows(low)[0].state == ProjectRow.State.DONE and rows(low)[0].revision == 2


def test_marked_decided_and_taken_out(low: Line) -> None:
    assert do(low, "ambiguous", 0).done and do(low, "ambiguous", 0).done
    marked = RowConsensus.objects.get(project_row=rows(low)[0])
    assert (marked.ambiguous_by, marked.ambiguous_reason) == (low.cast.pia, WHY)
    assert audited("row.marked_ambiguous") == 1, "saying it again changes nothing"
    assert do(low, "leader", 1).refused[0][1] == "No label leads alone; choose one on the row's page."
    assert do(low, "leader", 3).done and audited("winner.chosen") == 1
    assert do(low, "exclude", 2).done and audited("row.excluded") == 1
    assert do(low, "exclude", 2).refused[0][1] == "This row is set aside already."
    assert in_lane(low) == ["row-00001"]
    out = rows(low)[2]
    assert out.state == ProjectRow.State.SET_ASIDE and out.labels.count() == 2, "no opinion is lost"
    returns.return_row(low.cast.pia, str(out.uid))
    run_jobs()
    assert rows(low)[2].state == ProjectRow.State.DONE and in_lane(low) == ["row-00001", "row-00002"]


def test_what_is_refused_and_who_may(low: Line) -> None:
    for act, which, reason, code in (
        ("ask", (0,), " ", "reason_required"),
        ("dance", (0,), WHY, "unknown_act"),
        ("ask", (), WHY, "no_rows"),
    ):
        with pytest.raises(InvalidInput) as refused:
            do(low, act, *which, reason=reason)
        assert refused.value.code == code
    uid = str(rows(low)[0].uid)
    for person in (low.cast.lena, low.cast.otto):
        with pytest.raises(InvalidInput, match="not there"):
            lane.act_on_rows(person, low.project, [uid], "exclude", reason=WHY)
    # An auditor sees the list, and every act on it is refused row by row.
    told = lane.act_on_rows(low.cast.wim, low.project, [uid], "exclude", reason=WHY)
    assert not told.done and told.refused[0][0] == "row-00000"
    with pytest.raises(NotFound):
        returns.exclude_row(low.cast.otto, uid, reason=WHY)
    with pytest.raises(RuleViolation, match="waits for work"):
        do(low, "ask", 0)
        lane.overlap.ask_one_more(low.cast.pia, rows(low)[0], reason=WHY)


def test_the_page_and_the_api(low: Line) -> None:
    client, address = client_of(low.cast.pia), reverse("admin:project-quality-rows", args=[low.project.uid])
    uids = [str(row.uid) for row in rows(low)]
    answer = client.post(f"{address}?show=low", {"row": uids[:2], "act": "ask", "reason": WHY}, follow=True)
    assert answer.request["QUERY_STRING"] == "show=low"
    assert (
        "2 rows asked for one more opinion." in answer.content.decode() and "One more asked" in answer.content.decode()
    )
    assert "Say why" in client.post(address, {"row": uids[:1], "act": "ask"}, follow=True).content.decode()
    html = words_of(page(low.cast.pia, "row", uids[0]))
    assert f"Asked for a third opinion by a person: {WHY}" in html and "highest mean agreement" in html
    html = words_of(page(low.cast.pia, "row", uids[2]))
    assert "The settings ask nobody else while a row is unsure" in html
    api, path = signed_in(low.cast.pia), reverse("api-project-low-rows", args=[low.project.uid])
    listed = api.get(path).json()["results"]
    assert {one["external_id"] for one in listed} == {"row-00000", "row-00001", "row-00002"}
    assert listed[0]["threshold"] == 0.75 and listed[0]["score"] == 0.0
    told = api.post(path, {"rows": [uids[1], uids[2]], "act": "exclude", "reason": WHY}).json()
    assert told == {"done": ["row-00001", "row-00002"], "refused": []}
    assert api.post(path, {"rows": [uids[0]], "act": "dance", "reason": WHY}).status_code == 422
    assert signed_in(low.cast.wim).post(path, {"rows": uids[:1], "act": "ask", "reason": WHY}).status_code == 403


def test_lists_cost_the_same_at_3_and_30_rows(cast: Cast) -> None:
    line = make_line(cast, rows=30, consensus_share=100, consensus_labels=2, review_share=0)
    Slot.objects.filter(kind="label").update(state="revoked")
    client, api, counts = client_of(cast.pia), signed_in(cast.pia), []
    for some in (rows(line)[:3], rows(line)[3:]):
        for row in some:
            bring(line, row, {"ann": payload(BOX), "bob": payload(FAR)})
            consensus.score_row(row.pk)
        with CaptureQueriesContext(connection) as queries:
            address = reverse("admin:project-quality", args=[line.project.uid])
            assert client.get(address, {"show": "low"}).status_code == 200
            assert len(api.get(reverse("api-project-low-rows", args=[line.project.uid])).json()["results"]) >= 3
        counts.append(len(queries))
    assert counts[0] == counts[1], counts
