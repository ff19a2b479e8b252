"""Rows, people, rules and gold told apart from what stands in the tables: on the page, over HTTP, and for whom."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bench.planted_crew import DOCUMENT, Crew
from bench.planted_faults import judge, named_by, person_name, row_name
from bench.planted_rows import write_crew
from labeling import guidelines
from labeling.models import Label, ProjectPersonGrant, ProjectRow, Slot
from quality import contests, finding_words, findings
from quality.findings import ToldApart, findings_of
from quality.models import Benchmark, Issue, RowConsensus
from tests.cast import Cast
from tests.labeling.api.hands import signed_in
from tests.line import Line, make_line
from tests.quality.admin.test_pages import client_of, page, words_of
from workforce.errors import NotAllowed, NotFound
from workforce.models import Person
from workforce.people import external_authors

pytestmark = pytest.mark.django_db
CREW = Crew(18, people=9, rows=90, ambiguous=6)


def put(cast: Cast, crew: Crew, name: str = "") -> Line:
    line = make_line(cast, rows=crew.rows, document=DOCUMENT, name=name, review_share=0)
    Slot.objects.filter(project=line.project).delete()
    rows = list(ProjectRow.objects.filter(project=line.project).order_by("data_row__external_id"))
    people = external_authors(cast.home, "file", [person_name(number) for number in range(crew.people)])
    write_crew(crew, line.project, rows, list(people.values()), cast.max)
    return line


@pytest.fixture
def stage(cast: Cast) -> Line:
    return put(cast, CREW)


def in_names(shown: ToldApart) -> list[tuple[str, str, str, tuple[str, ...]]]:
    """As the bench reads findings: people and rows by the names that the crew gave them."""
    names = {uid: person.name for uid, person in shown.people.items()}
    names |= {uid: row.data_row.external_id for uid, row in shown.rows.items()}
    return [(kind, names.get(who, who), question, answers) for kind, who, question, answers in named_by(shown.found)]


def test_planted_faults_are_found_in_the_tables_and_shown_with_their_evidence(stage: Line) -> None:
    shown = findings_of(stage.cast.pia, stage.project)
    found = judge(CREW, in_names(shown))
    assert found == {(kind, True): 1 for kind in ("random", "hasty", "rule", "gold", "ambiguous")}
    assert shown.is_whole and shown.window == Label.objects.filter(kind="opinion").count()
    html = page(stage.cast.pia, "project-findings", stage.project.uid)
    words = words_of(html)
    spammer = Person.objects.get(name=person_name(CREW.roles["spammer"]))
    gold = ProjectRow.objects.get(data_row__external_id=row_name(CREW.wrong_gold or 0))
    (row,) = shown.found.rows
    for said in ("Answers at random", "Too hasty", "The rule divides the crew", "Gold looks wrong", "Ambiguous row"):
        assert said in words, said
    assert f'data-finding="random" data-subject="{spammer.uid}"' in html and "Pause or limit" not in html
    for evidence in (gold.uid, row.row):
        assert reverse("admin:row", args=[evidence]) in html
    assert f"labeler={spammer.uid}" in html and reverse("admin:project-guidelines", args=[stage.project.uid]) in html
    told = signed_in(stage.cast.pia).get(reverse("api-project-findings", args=[stage.project.uid])).json()
    assert [one["what"] for one in told["findings"]] == [one.what for one in finding_words.told(shown)]
    assert all(one["what"] in words for one in told["findings"]) and told["answers"] == shown.found.answers
    (divided,) = (one for one in told["findings"] if one["section"] == "rules")
    assert divided["rows"] and len(divided["facts"]) == 2 and divided["figures"][0]["n"] > 50


def test_who_may_not_see_gold_learns_nothing_of_it_and_a_labeler_nothing_of_open_rows(stage: Line) -> None:
    cast, project = stage.cast, stage.project
    for nobody in (cast.lena, cast.vito, cast.nora):
        with pytest.raises((NotAllowed, NotFound)):
            findings_of(nobody, project)
    with pytest.raises(NotFound):
        findings_of(cast.otto, project)
    whole = findings_of(cast.pia, project)
    (row,) = whole.found.rows
    # Max, who sees every project, now labels in this one, and the row still wants an opinion.
    label = ProjectPersonGrant.objects.filter(content_object=project, user=cast.lena).get().permission
    ProjectPersonGrant.objects.create(content_object=project, user=cast.max, permission=label, granted_by=cast.ada)
    Slot.objects.create(project=project, project_row=ProjectRow.objects.get(uid=row.row), order_key=1)
    assert row.row in findings_of(cast.pia, project).rows
    assert row.row not in findings_of(cast.max, project).rows
    Slot.objects.filter(project=project, state=Slot.State.OPEN).delete()
    assert whole.sees_gold and whole.found.gold
    checks = Label.objects.filter(project=project, slot__is_check=True).count()
    unseen = findings._facts_of(project, ProjectRow.objects.filter(project=project), with_checks=False)
    assert checks and len(unseen.labels) == whole.window - checks


def test_what_is_known_beside_the_answers_stands_there_too(stage: Line) -> None:
    """Contested gold by what contests it, a cited rule by its title, a row by the mark that the page itself gave it."""
    cast, project = stage.cast, stage.project
    (one,) = findings_of(cast.pia, project).found.rows
    row = ProjectRow.objects.get(uid=one.row)
    RowConsensus.objects.create(project_row=row, project=project, score=0.4, opinion_count=6)
    body = {"row": one.row, "act": "ambiguous", "reason": "Two answers, each by people who know."}
    client_of(cast.pia).post(reverse("admin:project-quality-rows", args=[project.uid]), body)
    gold = Benchmark.objects.get(project_row__data_row__external_id=row_name(CREW.wrong_gold or 0))
    against = [
        str(uid) for uid in Label.objects.filter(project_row=gold.project_row, kind="opinion").values_list("uid")
    ]
    gold.state, gold.contest = Benchmark.State.SUSPENDED, {"labels": against[:3], "trusted_for_gold": 0}
    gold.save()
    rules = [{"title": title, "text": ""} for title in ("Silver", "Doors", "Night", "Rain", "Edges")]
    version = guidelines.publish_version(cast.pia, project, text="Look well.", rules=rules, after=0)
    silver = version.rules[0]
    rows = list(ProjectRow.objects.filter(project=project)[:6])
    about = project.quality_issue_categories.get(code="edge_case")
    Issue.objects.bulk_create(
        Issue(project=project, number=number, project_row=row, category=about, rule=silver["uid"], opened_by=who)
        for number, (row, who) in enumerate(zip(rows, [cast.lena, cast.leo, cast.lia] * 2, strict=True))
    )
    shown = findings_of(cast.pia, project)
    assert shown.beside[one.row].is_marked
    told = finding_words.told(shown)
    assert [(one.kind, one.name) for one in told if one.section == "gold"] == [
        ("contested", gold.project_row.data_row.external_id)
    ]
    (cited,) = (one for one in told if one.kind == "cited")
    assert (cited.name, cited.subject) == ("1 · Silver", silver["uid"]) and "6 of 6 citations" in cited.what
    assert contests.waiting_for(cast.eva)


def test_the_number_of_statements_does_not_grow_with_rows(cast: Cast) -> None:
    def cost(line: Line) -> int:
        with CaptureQueriesContext(
            connection,
        ) as spent:
            findings_of(cast.pia, line.project)
        return len(spent)

    faults: Any = frozenset()
    few = put(cast, Crew(0, people=4, rows=3, faults=faults, gold_share=0.4), name=" few")
    many = put(cast, Crew(0, people=6, rows=30, faults=faults), name=" many")
    cost(few)
    assert cost(few) == cost(many)
    html = page(cast.pia, "project-findings", few.project.uid)
    assert "Too little to tell anything apart yet" in words_of(html)
