"""Who agrees with whom: figures by hand, pairs that are too equal, and what each page and answer costs."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from labeling.models import ProjectRow, Slot
from quality import consensus, people_agreement, recompute
from quality.agreement.intervals import score_interval
from tests.cast import Cast
from tests.labeling.api.hands import signed_in
from tests.line import Line, make_line, payload
from tests.quality.admin.test_pages import client_of, page, words_of
from tests.quality.test_consensus import BOX, FAR, HALF, bring
from workforce.errors import NotAllowed, NotFound
from workforce.models import Person

pytestmark = pytest.mark.django_db


def near(row: int, who: int) -> tuple[float, float, float, float]:
    """A box a little beside the others': nobody draws the same twice."""
    return (2 + who, 3 + who, 20 + row % 5, 22 + who + row % 3)


def fill(line: Line, bodies: Callable[[int], dict[str, Any]]) -> None:
    Slot.objects.filter(project=line.project, kind="label").update(state="revoked")
    for number, row in enumerate(ProjectRow.objects.filter(project=line.project).order_by("pk")):
        bring(line, row, bodies(number))
        consensus.score_row(row.pk)


@pytest.fixture
def crowd(cast: Cast) -> Line:
    """Six rows by three people, of whom two copy each other's boxes."""
    line = make_line(cast, rows=6, consensus_share=100, consensus_labels=3, review_share=0)

    def bodies(row: int) -> dict[str, Any]:
        twin = payload(near(row, 1), light="night" if row < 2 else "day")
        return {"ann": twin, "bob": twin, "cy": payload(near(row, 4), light="day")}

    fill(line, bodies)
    return line


def named(found: people_agreement.PeopleAgreement, name: str) -> Person:
    return next(person for person in found.people if person.name == name)


def test_the_matrix_says_what_the_pairs_say(cast: Cast) -> None:
    line = make_line(cast, rows=2, consensus_share=100, consensus_labels=3, review_share=0)
    fill(
        line,
        lambda row: {
            "ann": payload(BOX),
            "bob": payload(HALF) if row else payload(BOX, light="night"),
            **({"cy": payload(FAR)} if row else {}),
        },
    )
    found = people_agreement.people_agreement(cast.pia, line.project)
    ann, bob, cy = (named(found, name) for name in ("ann", "bob", "cy"))
    pair = found.pair(bob, ann)
    # Light agrees once, the box once whole and once by half.
    assert pair and (pair.n, pair.mean) == (2, pytest.approx((0.5 + 0.75) / 2))
    assert pair.interval == score_interval(2, 1.25, 0.5**2 + 0.75**2)
    assert found.pair(ann, cy) and found.pair(ann, cy).n == 1  # type: ignore[union-attr]
    assert found.pair(ann, ann) is None
    assert found.question and found.question.name == "Light"
    # Day and day, day and night: as often as by chance.
    assert pair.kappa == pytest.approx(0.0) and found.alpha and found.alpha.unit_count == 2


def test_pairs_that_are_too_equal_are_flagged_with_their_rows(crowd: Line) -> None:
    found = people_agreement.people_agreement(crowd.cast.pia, crowd.project)
    (pair,) = found.too_equal
    assert {pair.a.name, pair.b.name} == {"ann", "bob"}
    assert (pair.identical, pair.objects, pair.identical_rows) == (6, 6, 6)
    assert pair.chance and pair.chance < 1e-4 and pair.kappa == 1.0
    rows = people_agreement.rows_of_two(crowd.cast.pia, crowd.project, pair.b.uid, pair.a.uid)
    assert [one.identical_count for one in rows] == [1] * 6
    html = page(crowd.cast.pia, "project-agreement", crowd.project.uid)
    assert "6 of 6 objects lie on each other to the pixel, on 6 rows" in words_of(html)
    evidence = page(crowd.cast.pia, "project-agreement-rows", crowd.project.uid, a=str(pair.a.uid), b=str(pair.b.uid))
    assert "row-00000" in evidence and "1 of 1" in evidence


def test_everybody_equal_is_nobody_too_equal(cast: Cast) -> None:
    line = make_line(cast, rows=6, consensus_share=100, consensus_labels=3, review_share=0)
    fill(line, lambda row: {name: payload(BOX) for name in ("ann", "bob", "cy")})
    found = people_agreement.people_agreement(cast.pia, line.project)
    assert (
        not found.too_equal
        and found.pairs[0].kappa is None
        and "no variation" in (found.alpha.why_null if found.alpha else "")
    )


def test_who_may_see_it(crowd: Line) -> None:
    cast, project = crowd.cast, crowd.project
    ann = Person.objects.get(name="ann")
    for person, refusal in ((cast.lena, NotAllowed), (cast.otto, NotFound)):
        with pytest.raises(refusal):
            people_agreement.people_agreement(person, project)
        with pytest.raises(refusal):
            people_agreement.rows_of_two(person, project, ann.uid, ann.uid)
    with pytest.raises(NotFound):
        people_agreement.rows_of_two(cast.pia, project, ann.uid, project.uid)


def test_the_same_over_http(crowd: Line) -> None:
    client = signed_in(crowd.cast.wim)
    told = client.get(reverse("api-project-agreement", args=[crowd.project.uid])).json()
    assert told["alpha"]["unit_count"] == 6 and len(told["pairs"]) == 3
    equal = next(pair for pair in told["pairs"] if pair["is_too_equal"])
    rows = client.get(
        reverse("api-project-agreement-rows", args=[crowd.project.uid]), {"a": equal["a"], "b": equal["b"]}
    ).json()["results"]
    assert len(rows) == 6 and rows[0]["identical"] == 1 and rows[0]["method_version"] == 1
    assert client.get(reverse("api-project-agreement", args=[crowd.project.uid]), {"question": "x"}).status_code == 422
    path = reverse("api-project-recompute", args=[crowd.project.uid])
    assert client.get(path).json() == {"job": None, "report": None, "moved": []}
    assert client.post(path).status_code == 403
    lead = signed_in(crowd.cast.pia)
    job = lead.post(path)
    assert job.status_code == 202 and lead.post(path).json()["code"] == "recompute_runs"
    recompute.run_recompute(job.json()["uid"])
    assert client.get(path).json()["report"]["moved"] == 0


def test_pages_cost_the_same_at_3_and_30_rows(cast: Cast) -> None:
    line = make_line(cast, rows=30, consensus_share=100, consensus_labels=3, review_share=0)
    rows = list(ProjectRow.objects.order_by("pk"))
    Slot.objects.filter(kind="label").update(state="revoked")
    client, counts = client_of(cast.pia), []
    for some in (rows[:3], rows[3:]):
        for number, row in enumerate(some):
            people = ("ann", "bob", "cy") if len(some) == 3 else ("ann", "bob", "cy", "di", "eve")
            bring(line, row, {name: payload(near(number, who)) for who, name in enumerate(people)})
            consensus.score_row(row.pk)
        for name in ("project-agreement", "project-consensus"):
            with CaptureQueriesContext(
                connection,
            ) as queries:
                assert client.get(reverse(f"admin:{name}", args=[line.project.uid])).status_code == 200
            counts.append(len(queries))
    assert counts[:2] == counts[2:], counts
