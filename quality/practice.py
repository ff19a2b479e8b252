"""Practice: rows with a known answer, on which people learn a project before they work.

A row to practise on is kept out of the line (``labeling/kept_apart.py``): it never waits for a label and is never
gold, also after it was retired if anybody has seen its answer. Who practises sees the known answer once the own one is
stored, with what differs in words, the cited rules and the explanation. Only the first answer of a person counts, and
no time is noted. Whoever made a known answer does not practise on it.

Announces ``practice_answered``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from labeling import guidelines
from labeling.annotations.payload import canonical
from labeling.annotations.payload_check import check_payload
from labeling.faults import refuse_faults
from labeling.labels import last_versions
from labeling.models import DataRow, Label, OntologyVersion, Project, ProjectRow
from labeling.ontologies import parsed
from labeling.overlap import draw
from labeling.queue import newest_version
from labeling.rows import lock_row
from labeling.texts import checked_text
from quality import benchmarks, consensus
from quality.events import practice_answered
from quality.models import Benchmark, PracticeAnswer, PracticeRow
from quality.practice_results import Answer, Compared, compare, is_comparable
from workforce import access, audit
from workforce.errors import InvalidInput, NotFound, RuleViolation
from workforce.models import ClockTimestamp, Person
from workforce.roles import Permission

LONGEST_EXPLANATION, MOST_RULES, MOST_ROWS = 2000, 10, 500


@dataclass(frozen=True)
class Known:
    """What is known of a row: the answer, why it is right, and the rules (uids) that say so."""

    payload: Any
    explanation: str = ""
    rules: Sequence[str] = ()


@dataclass(frozen=True)
class Result:
    """What one learns from an answer. ``first_score`` is the one that counts."""

    row: PracticeRow
    compared: Compared
    is_first: bool
    first_score: float
    rules: list[dict[str, str]]


# --- The set ------------------------------------------------------------------------------------------------------
@transaction.atomic
def make_practice_row(actor: Person, project: Project, data_row: DataRow, known: Known) -> PracticeRow:
    """Practise on a data row whose answer is given, under the newest version of the ontology.

    It is not in the project, or done there and no gold. Raises ``row_is_live``, ``row_is_gold``,
    ``practised_already``, ``cannot_be_compared``, InvalidInput ``label_invalid`` with the places."""
    access.require(actor, Permission.MAKE_BENCHMARK, project)
    version = newest_version(project)
    refuse_faults(check_payload(parsed(version), known.payload, size=data_row.size), "Nothing was made.")
    return _make(actor, project, data_row, known, version, made_from=None)


@transaction.atomic
def make_practice_row_from(
    actor: Person, label: Label, *, explanation: str = "", rules: Sequence[str] = ()
) -> PracticeRow:
    """Practise on the row of a label that is done: its last version is the known answer. The row stays done."""
    access.require(actor, Permission.MAKE_BENCHMARK, label)
    version = last_versions(Label.objects.filter(pk=label.pk)).select_related("ontology_version").first()
    if label.kind != Label.Kind.OPINION or version is None:
        raise InvalidInput("not_an_opinion", "Only a submitted label can become the known answer of its row.")
    known = Known(version.payload, explanation, rules)
    data_row = label.project_row.data_row
    return _make(actor, label.project, data_row, known, version.ontology_version, made_from=label)


@transaction.atomic
def retire_practice_row(actor: Person, practice_row: PracticeRow) -> None:
    """Nobody gets it any more, and its results count no more. Raises ``retired_already``."""
    access.require(actor, Permission.MAKE_BENCHMARK, practice_row)
    found = PracticeRow.objects.filter(pk=practice_row.pk, retired_at=None).update(retired_at=ClockTimestamp())
    if not found:
        raise RuleViolation("retired_already", "Nobody gets this row any more: it was retired.")
    before = {"data_row": str(practice_row.data_row.uid), "answers": practice_row.answers.count()}
    audit.record(actor, "practice.retired", practice_row, before=before, root=practice_row.project)


def _make(
    actor: Person,
    project: Project,
    data_row: DataRow,
    known: Known,
    version: OntologyVersion,
    *,
    made_from: Label | None,
) -> PracticeRow:
    # Project, then row: nothing enters the line or becomes gold while it is looked at.
    project = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    _refuse_closed(project)
    _refuse_live(project, data_row)
    if PracticeRow.objects.filter(project=project, data_row=data_row, retired_at=None).exists():
        raise RuleViolation("practised_already", "People practise on this row already. Retire that one first.")
    if PracticeRow.objects.filter(project=project, retired_at=None).count() >= MOST_ROWS:
        raise RuleViolation("too_many_rows", f"A project has at most {MOST_ROWS} rows to practise on.")
    payload = canonical(known.payload)
    if not is_comparable(data_row, Answer(payload, version)):
        raise RuleViolation("cannot_be_compared", "No measure tells answers to this row apart.")
    if len(known.rules) > MOST_RULES:
        raise InvalidInput("too_many_rules", f"At most {MOST_RULES} rules are cited.", path="rules")
    cited = [guidelines.cited_rule(project, uid, f"rules[{at}]") for at, uid in enumerate(known.rules)]
    made = PracticeRow.objects.create(
        project=project,
        data_row=data_row,
        payload=payload,
        ontology_version=version,
        rules=[vars(rule) for rule in cited if rule.uid],
        explanation=checked_text(known.explanation, "explanation", longest=LONGEST_EXPLANATION, least=0),
        made_from=made_from,
        made_by=actor,
    )
    after = {"data_row": str(data_row.uid), "made_from": str(made_from.uid) if made_from else ""}
    audit.record(actor, "practice.made", made, after=after, root=project)
    return made


def _refuse_live(project: Project, data_row: DataRow) -> None:
    seen = ProjectRow.objects.filter(project=project, data_row=data_row).first()
    if seen is None:
        return
    row = lock_row(seen.pk)
    if Benchmark.objects.filter(project_row=row).exists():
        raise RuleViolation("row_is_gold", "This row has gold: people meet it unrecognised, so nobody practises on it.")
    if row.state != ProjectRow.State.DONE:
        raise RuleViolation("row_is_live", "This row is in the line. Practise on one that is done, or on another.")


def kept_apart(project: int) -> QuerySet[DataRow]:
    """The data rows that stay out of a project's line and gold: practised on now, or once and seen."""
    seen = PracticeAnswer.objects.filter(row=OuterRef("pk"))
    rows = PracticeRow.objects.filter(Q(retired_at=None) | Exists(seen), project=project)
    return DataRow.objects.filter(pk__in=rows.values("data_row"))


# --- What others ask ----------------------------------------------------------------------------------------------
def count_of(project: Project) -> int:
    return _in_use(project).count()


def results_of(person: Person, project: Project) -> list[float]:
    """The scores of the person's first answers, oldest first; those to retired rows count no more."""
    return [one["score"] for one in first_answers_of(person, project)]


def first_answers_of(person: Person, project: Project) -> list[dict[str, Any]]:
    """The same with the uid of each answer: ``{"answer", "score"}``."""
    own = PracticeAnswer.objects.filter(project=project, person=person, row__retired_at=None)
    found = own.order_by("made_at", "pk").values_list("uid", "score")
    return [{"answer": str(uid), "score": score} for uid, score in found]


def practice_rows_visible_to(person: Person, project: Project) -> QuerySet[PracticeRow]:
    """With their known answers: for those who may know right answers."""
    access.require(person, Permission.VIEW_BENCHMARK, project)
    related = "data_row", "made_by", "ontology_version"
    return PracticeRow.objects.filter(project=project).select_related(*related)


def answers_visible_to(person: Person, project: Project) -> QuerySet[PracticeAnswer]:
    """Everybody's for those who see everybody's figures, own people's for their lead or vendor, else one's own."""
    found = PracticeAnswer.objects.filter(project=project).select_related("person", "row__data_row")
    return access.visible_to(person, found, Permission.VIEW_PERFORMANCE)


def practice_row_to_keep(person: Person, uid: object) -> PracticeRow:
    """One for those who make known answers."""
    rows = PracticeRow.objects.select_related("project", "data_row")
    return access.access(person, rows, str(uid), Permission.MAKE_BENCHMARK)


def data_row_named(person: Person, project: Project, uid: object) -> DataRow:
    """A data row to practise on: one of the project, or one of a dataset that ``person`` may see."""
    access.require(person, Permission.MAKE_BENCHMARK, project)
    own = DataRow.objects.filter(organization=project.organization_id)
    found = own.filter(uid=str(uid), project_rows__project=project).first()
    return found or access.access(person, own, str(uid), Permission.VIEW_DATASET)


def label_named(person: Person, project: Project, uid: object) -> Label:
    access.require(person, Permission.MAKE_BENCHMARK, project)
    labels = Label.objects.filter(project=project).select_related("project", "project_row__data_row")
    found = labels.filter(uid=str(uid)).first()
    if found is None:
        raise NotFound
    return found


def label_standing_for(person: Person, project: Project, external_id: str) -> Label:
    """The label that stands for a row of the project: its winner, or its only one. Raises ``no_leader``."""
    row = benchmarks.row_named(person, project.uid, external_id)
    winner = consensus.winner_of(row)
    if winner is None:
        raise RuleViolation("no_leader", "No label stands for this row. Choose its winner on the row's page first.")
    return label_named(person, project, winner.uid)


def row_with_picture(person: Person, uid: object) -> PracticeRow:
    """For those who practise here, and those who may know the answer."""
    rows = PracticeRow.objects.select_related("project", "data_row")

    def needs(row: PracticeRow) -> Permission:
        knows = access.can(person, Permission.VIEW_BENCHMARK, row)
        return Permission.VIEW_BENCHMARK if knows else Permission.LABEL

    row = access.access(person, rows, str(uid), needs)
    if row.retired_at is not None and not access.can(person, Permission.VIEW_BENCHMARK, row):
        raise NotFound
    return row


# --- Practise -----------------------------------------------------------------------------------------------------
def next_rows(
    person: Person, project: Project, *, have: Sequence[str] = (), again: bool = False, count: int = 2
) -> list[PracticeRow]:
    """The next rows to practise on, in an order of the person's own, without those in hand; ``again`` brings those
    that were answered, too."""
    access.require(person, Permission.LABEL, project)
    _refuse_closed(project)
    mine = PracticeAnswer.objects.filter(person=person, row=OuterRef("pk"))
    open_rows = _in_use(project).exclude(made_by=person)
    if not again:
        open_rows = open_rows.exclude(Exists(mine))
    held = set(have)
    keys = [(uid, pk) for uid, pk in open_rows.values_list("uid", "pk") if str(uid) not in held]
    keys.sort(key=lambda key: draw(project, "practice", f"{person.uid}:{key[0]}"))
    chosen = [pk for _, pk in keys[:count]]
    found = _in_use(project).select_related("project__organization", "data_row").in_bulk(chosen)
    return [found[pk] for pk in chosen if pk in found]


@transaction.atomic
def answer_practice(person: Person, uid: object, *, payload: Any, ontology_version: int) -> Result:
    """Compare an answer with the known one; the person's first is stored and announced.

    Raises ``practice_retired``, ``own_known_answer``, ``ontology_changed``, InvalidInput ``label_invalid``."""
    rows = PracticeRow.objects.select_related("project", "data_row", "ontology_version")
    row = access.access(person, rows, str(uid), Permission.LABEL)
    _refuse_closed(row.project)
    if row.retired_at is not None:
        raise RuleViolation("practice_retired", "This row was taken out of the practice. Go on with the next.")
    if row.made_by_id == person.pk:
        raise RuleViolation("own_known_answer", "You made the known answer of this row.")
    version = newest_version(row.project)
    if version.number != ontology_version:
        said = "The classes changed since you opened this row."
        raise RuleViolation("ontology_changed", said, wanted=version.number)
    refuse_faults(check_payload(parsed(version), payload, size=row.data_row.size), "Nothing was lost.")
    own = Answer(canonical(payload), version)
    compared = compare(row.data_row, own, Answer(row.payload, row.ontology_version))
    first, is_first = PracticeAnswer.objects.get_or_create(
        row=row,
        person=person,
        defaults={
            "project": row.project,
            "payload": own.payload,
            "ontology_version": version,
            "score": compared.score,
            "errors": compared.errors,
        },
    )
    if is_first:
        practice_answered.send(sender=PracticeAnswer, answer=first)
    return Result(row, compared, is_first, first.score, rules_cited(row))


def rules_cited(row: PracticeRow) -> list[dict[str, str]]:
    """The rules in their newest words, under the title that was cited."""
    rules = guidelines.rules_ever(row.project) if row.rules else {}
    return [
        {"uid": rule["uid"], "title": rule["title"], "text": rules.get(rule["uid"], {}).get("text", "")}
        for rule in row.rules
    ]


def progress_of(person: Person, project: Project) -> Mapping[str, int]:
    """How many rows there are for ``person``, and how many they have answered."""
    access.require(person, Permission.LABEL, project)
    rows = _in_use(project).exclude(made_by=person)
    answered = PracticeAnswer.objects.filter(person=person, row__in=rows)
    return {"rows": rows.count(), "answered": answered.count()}


def _refuse_closed(project: Project) -> None:
    """People practise while a project is paused; once it was closed nobody does."""
    if project.state == Project.State.ARCHIVED:
        raise RuleViolation("project_closed", "This project was closed.")


def _in_use(project: Project) -> QuerySet[PracticeRow]:
    return PracticeRow.objects.filter(project=project, retired_at=None)
