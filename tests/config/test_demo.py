"""The demo is true: gold that is valid, opinions drawn from it, scores and figures that show something."""

import pytest
from django.db.models import Avg

from config.demo import loading
from config.demo.crew import CREW
from labeling.models import Label, LabelVersion, Project, ProjectRow, Slot
from quality import practice, quizzes
from quality.bulk_review import projects_for_grid
from quality.models import Benchmark, Issue, LabelScore, Review, RowConsensus
from quality.performance import performance_of
from tests.flush import flush_over_owner
from workforce.models import Person

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_demo_loads_into_an_empty_database_and_shows_something() -> None:
    flush_over_owner()
    assert loading.is_empty()
    accounts = loading.load_demo()
    assert not loading.is_empty()
    assert len({password for _, password, _ in accounts}) == len(accounts) == 6

    project, answers = Project.objects.order_by("pk")
    labeled = Benchmark.objects.count()
    assert Label.objects.filter(project=project, kind=Label.Kind.OPINION).count() == labeled * len(CREW)
    assert RowConsensus.objects.exclude(score=None).count() == labeled
    assert ProjectRow.objects.filter(batch__name="yours", state=ProjectRow.State.WAITING).count() == 8
    made = LabelVersion.objects.filter(label__kind="opinion", author__is_simulated=True)
    assert set(made.values_list("origin", flat=True)) == {"synthetic"}
    assert Person.objects.filter(is_simulated=True).count() == len(CREW)
    assert {review.decision for review in Review.objects.all()} == {"approve", "fix", "reject"}
    assert practice.count_of(project) == 3 and quizzes.has_quiz(project)
    assert Issue.objects.exclude(state=Issue.State.RESOLVED).count() == 1

    assert projects_for_grid([project, answers]) == {answers.pk}
    assert Slot.objects.filter(project=answers, kind="review", state="open").count() == labeled

    means = {
        skill.name: LabelScore.objects.filter(labeler__name=skill.name).aggregate(mean=Avg("benchmark"))["mean"]
        for skill in CREW
    }
    assert means["Amara Okafor"] > means["Grace Mwangi"] > means["Dario Ricci"]

    elena = Person.objects.get(name="Elena Marsh")
    labels = Label.objects.filter(project=project, kind="opinion").order_by("created_at")
    since, until = labels[0].created_at.date(), max(label.created_at.date() for label in labels)
    shown = performance_of(elena, project, since=since, until=until)
    assert {one.name for one in shown.people} >= {skill.name for skill in CREW}
    assert len(shown.days) > 3
    assert shown.total.hours


def test_a_database_with_people_takes_no_demo() -> None:
    Person.objects.create(email="someone@example.org", name="Someone")
    assert not loading.is_empty()
