"""Skills computed from results against gold: per class and kind of data, with decay; a noted value counts before."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from labeling import queue
from labeling.models import Label, Slot
from quality import computed_skills, skills
from quality.agreement.truth.skill import score_skills
from quality.computed_skills import Source, weight_of
from quality.models import ComputedSkill, GoldFeatureScore, LabelScore, SkillName
from tests.cast import Cast
from tests.line import CAR, Line, make_line
from tests.quality.test_rules import results
from tests.quality.test_skills import member, note
from workforce.errors import InvalidInput, NotAllowed, NotFound
from workforce.models import AuditEvent, ClockTimestamp, Membership, Person

pytestmark = pytest.mark.django_db


@pytest.fixture
def stage(cast: Cast) -> Line:
    """Lena with ten good results of three days ago and Leo with six bad ones."""
    line = make_line(cast, rows=30, review_share=0)
    results(line, cast.lena, [0.9] * 10)
    results(line, cast.leo, [0.3] * 6)
    age_by(3)
    return line


def age_by(days: int) -> None:
    Label.objects.update(created_at=ClockTimestamp() - timedelta(days=days))


@pytest.fixture
def word(cast: Cast) -> SkillName:
    return skills.add_skill_name(cast.max, cast.home, "Cars in pictures")


def computed(word: SkillName) -> dict[str, ComputedSkill]:
    return {one.person.name.split()[0]: one for one in ComputedSkill.objects.filter(skill_name=word)}


def test_the_value_is_the_lower_bound_with_evidence_and_interval(stage: Line, word: SkillName) -> None:
    assert computed_skills.compute_from(stage.cast.max, word, Source(media="image")) == 2
    found = computed(word)
    weight = weight_of(timedelta(days=3), 90)
    expected = score_skills({"lena": (9 * weight, 10 * weight), "leo": (1.8 * weight, 6 * weight)})
    lena = found["Lena"]
    assert lena.value == int(100 * expected["lena"].lower) and lena.mean == pytest.approx(expected["lena"].mean)
    assert lena.low < lena.value / 100 + 0.01 < lena.mean < lena.high
    assert (lena.n, lena.evidence) == (10, {"Cars in the street": 10})
    assert found["Leo"].value < lena.value
    assert computed_skills.recompute(word.pk) == 2, "twice is harmless"
    assert ComputedSkill.objects.count() == 2
    assert AuditEvent.objects.get(action="skill_source.set").after["media"] == "image"


def test_results_decay_and_too_old_ones_take_the_skill_away(stage: Line, word: SkillName) -> None:
    computed_skills.compute_from(stage.cast.max, word, Source(half_life_days=30))
    fresh = computed(word)["Lena"].value
    age_by(50)
    computed_skills.recompute(word.pk)
    assert computed(word)["Lena"].value < fresh and computed(word)["Lena"].weight == pytest.approx(3.15, abs=0.01)
    age_by(300)
    assert computed_skills.recompute(word.pk) == 0 and not computed(word)
    assert [weight_of(timedelta(days=days), 30) for days in (0, 30, 60)] == [1.0, 0.5, 0.25]


def test_few_results_todays_and_held_ones_make_no_skill(stage: Line, word: SkillName) -> None:
    results(stage, stage.cast.lia, [1.0] * 4)
    age_by(3)
    results(stage, stage.cast.lia, [1.0])
    computed_skills.compute_from(stage.cast.max, word, Source())
    assert "Lia" not in computed(word), "the fifth is of today: it would tell which row had gold"
    LabelScore.objects.update(is_held=True)
    assert computed_skills.recompute(word.pk) == 0


def test_a_class_and_a_kind_of_data_have_their_own_results(stage: Line, word: SkillName) -> None:
    lena = stage.cast.lena
    GoldFeatureScore.objects.bulk_create(
        GoldFeatureScore(
            label=label,
            project=stage.project,
            labeler=lena,
            feature=CAR,
            kind="box",
            score=0.5,
            object_count=2,
            right_count=1,
        )
        for label in Label.objects.filter(labeler=lena)
    )
    assert computed_skills.compute_from(stage.cast.max, word, Source(feature=CAR)) == 1
    assert computed(word)["Lena"].mean == pytest.approx(0.5)
    assert computed_skills.compute_from(stage.cast.max, word, Source(media="text")) == 0
    for bad in (Source(feature="gone"), Source(media="sound"), Source(half_life_days=1)):
        with pytest.raises(InvalidInput):
            computed_skills.compute_from(stage.cast.max, word, bad)


def test_the_claim_asks_for_it_and_what_somebody_noted_counts_before(stage: Line, word: SkillName) -> None:
    cast = stage.cast
    Slot.objects.filter(state=Slot.State.LEASED).update(state=Slot.State.OPEN, labeler=None)
    computed_skills.compute_from(cast.max, word, Source())
    value = computed(word)["Lena"].value
    skills.require_skill(cast.pia, stage.project, word, value=value)
    assert queue.lease_next_rows(cast.lena, stage.project).slots
    empty = queue.lease_next_rows(cast.leo, stage.project).empty
    assert empty is not None and f"and you have {computed(word)['Leo'].value}" in empty.message
    note(cast, "leo", word, 95, "I have seen it.")
    assert queue.lease_next_rows(cast.leo, stage.project).slots
    note(cast, "lena", word, 1, "Not any more.")
    with CaptureQueriesContext(connection) as asked:
        assert skills.batches_are_closed(cast.lena, stage.project, "label")
    assert len(asked) == 1
    shown = computed_skills.computed_of([member(cast, "lena")])[member(cast, "lena").pk]
    assert [one.value for one in shown] == [value], "both are shown"


def test_who_computes_and_the_queries_for_three_and_thirty(stage: Line, word: SkillName) -> None:
    cast = stage.cast
    for name, refused in (("lena", NotAllowed), ("pia", NotAllowed), ("otto", NotFound)):
        with pytest.raises(refused):
            computed_skills.compute_from(getattr(cast, name), word, Source())
    people = [Person(email=f"p{number}@example.org", name=f"P {number}") for number in range(28)]
    Person.objects.bulk_create(people)
    computed_skills.compute_from(cast.max, word, Source())
    counts = []
    for some in (people[:1], people[1:]):
        for person in some:
            results(stage, person, [0.8] * 5)
        age_by(3)
        with CaptureQueriesContext(connection) as asked:
            found = computed_skills.compute_from(cast.max, word, Source())
            computed_skills.computed_of(list(Membership.objects.filter(organization=cast.home)))
        counts.append((found, len(asked)))
    assert [found for found, _ in counts] == [3, 30] and counts[0][1] == counts[1][1]


def test_the_pages_and_the_api_show_it(stage: Line, word: SkillName) -> None:
    client = Client()
    client.force_login(stage.cast.max)
    body = {"organization": stage.cast.home.uid, "skill": word.uid, "feature": "", "half_life_days": 90}
    said = client.post("/admin/skills/compute/", body, follow=True).content.decode()
    assert "Cars in pictures is computed now, for 2 people so far." in said and "half after 90 days" in said
    page = client.get(f"/admin/people/{member(stage.cast, 'lena').uid}/").content.decode()
    assert "Computed from gold" in page and "10 in Cars in the street" in page
    answer = client.get(f"/api/v1/people/{member(stage.cast, 'lena').uid}/computed-skills/").json()["results"]
    assert [(one["name"], one["n"]) for one in answer] == [("Cars in pictures", 10)]
    put = client.put(f"/api/v1/skill-names/{word.uid}/source/", {"media": "image"}, content_type="application/json")
    assert put.json() == {"people": 2}
    assert client.delete(f"/api/v1/skill-names/{word.uid}/source/").status_code == 204
    assert not ComputedSkill.objects.exists()
