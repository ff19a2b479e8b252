"""Review of many labels at once, for labels that consist of answers only.

Each label is claimed, decided and kept as in the editor: one lease, one transaction, one idempotency key each, by the
same claim and the same ``review.decide``. So two reviewers at once never decide twice, and a request that breaks off
leaves whole decisions; sent again, it does the rest. The time between two requests is shared among what is decided."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from labeling import guidelines, picks, queue, skips, work_time
from labeling.annotations.features import Feature, Option, feature_by_uid
from labeling.annotations.kinds import Kind, is_tool
from labeling.labels import last_versions
from labeling.models import Label, LabelVersion, OntologyVersion, Project, Slot
from labeling.ontologies import parsed
from labeling.queue import Empty
from quality import review
from workforce import access
from workforce.errors import InvalidInput, NotFound, Refusal, TooLarge
from workforce.models import ClockTimestamp, Person
from workforce.roles import Permission

SHOWN_AT_ONCE = 24
MOST_DECISIONS = 50
NOT_HERE = Empty(
    "not_for_the_grid",
    "What waits for review now is not for the grid: it has objects to look at, or it is your own. The editor has it.",
)


@dataclass(frozen=True)
class AnswerShown:
    """One answer of a label in words; questions below it follow, a level deeper."""

    feature: str
    question: str
    kind: str
    value: Any
    words: str
    depth: int = 0


@dataclass(frozen=True)
class Card:
    """A label in the grid: the leased slot, the version that is judged, and why it came back before."""

    slot: Slot
    version: LabelVersion
    answers: tuple[AnswerShown, ...]
    reasons: list[dict[str, Any]]


@dataclass(frozen=True)
class Question:
    """A question with one answer that can be changed in the grid: nothing is asked below it."""

    uid: str
    name: str
    options: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Grid:
    cards: tuple[Card, ...]
    questions: tuple[Question, ...]
    empty: Empty | None


@dataclass(frozen=True)
class Item:
    """One decision among many, as ``review.decide`` takes it."""

    slot: UUID
    token: int
    version: int
    decision: str
    reasons: Any
    comment: str
    payload: Any
    key: str


@dataclass(frozen=True)
class Outcome:
    """What became of one item: 201, 200 for a repeat, or the refusal's own status and words."""

    slot: UUID
    status: int
    answer: Mapping[str, Any]


# --- What is shown ------------------------------------------------------------------------------------------------
def lease_grid(person: Person, project: Project, *, have: Iterable[str] = ()) -> Grid:
    """Labels without objects that wait for review, leased to ``person`` until the page holds ``SHOWN_AT_ONCE``."""
    claim = queue.lease_next_rows(
        person,
        project,
        kind=Slot.Kind.REVIEW,
        have=have,
        most=SHOWN_AT_ONCE,
        narrowed=picks.ANSWERS_ONLY,
    )
    judged = last_versions(Label.objects.filter(pk__in=[slot.label_id for slot in claim.slots]))
    related = "label__labeler", "label__project", "ontology_version"
    versions = {version.label_id: version for version in judged.select_related(*related).filter(object_count=0)}
    shown = [slot for slot in claim.slots if slot.label_id in versions]
    reasons = review.reviewing_reasons_for(person, shown)
    cards = [
        Card(slot, version, answers_in_words(version), reasons[slot.pk])
        for slot in shown
        for version in [versions[slot.label_id or 0]]
    ]
    empty = claim.empty
    if not cards and not list(have) and (empty is None or empty.code == "yours_already"):
        empty = NOT_HERE
    return Grid(tuple(cards), questions_to_change(queue.newest_version(project)), empty)


def answers_in_words(version: LabelVersion) -> tuple[AnswerShown, ...]:
    ontology = parsed(version.ontology_version)
    found: list[AnswerShown] = []
    for entry in version.payload["features"]:
        feature = feature_by_uid(ontology, str(entry["feature"]))
        if feature is not None and not is_tool(entry["kind"]):
            found += _with_nested(feature, entry, 0)
    return tuple(found)


def _with_nested(feature: Feature, entry: Mapping[str, Any], depth: int) -> list[AnswerShown]:
    words = _words_of(feature, entry["value"])
    found = [AnswerShown(feature.uid, feature.name, str(entry["kind"]), entry["value"], words, depth)]
    below = {one.uid: one for one in (*feature.questions, *(q for o in feature.options for q in o.questions))}
    for nested in entry.get("nested") or ():
        question = below.get(str(nested["feature"]))
        if question is not None:
            found += _with_nested(question, nested, depth + 1)
    return found


def _words_of(feature: Feature, value: Any) -> str:
    titles = {option.value: option.label for option in feature.options}
    chosen = value if isinstance(value, list) else [value]
    return ", ".join(titles.get(str(one), str(one)) for one in chosen)


def questions_to_change(version: OntologyVersion) -> tuple[Question, ...]:
    return tuple(
        Question(one.uid, one.name, tuple((option.value, option.label) for option in one.options))
        for one in parsed(version).features
        if one.kind == Kind.RADIO and not one.questions and not _asks_below(one.options)
    )


def _asks_below(options: Iterable[Option]) -> bool:
    return any(option.questions for option in options)


def projects_for_grid(projects: Collection[Project]) -> set[int]:
    """Of ``projects`` (primary keys) those that ask for answers only: the home offers the grid there."""
    newest = OntologyVersion.objects.filter(ontology__in={project.ontology_id for project in projects})
    by_ontology = {one.ontology_id: one for one in newest.order_by("ontology_id", "-number").distinct("ontology_id")}
    return {
        project.pk
        for project in projects
        if not any(is_tool(feature.kind) for feature in parsed(by_ontology[project.ontology_id]).features)
    }


def rules_to_cite(project: Project) -> list[dict[str, str]]:
    return guidelines.rule_choices(guidelines.newest_version(project))


# --- Decide -------------------------------------------------------------------------------------------------------
def decide_many(
    reviewer: Person, project: Project, items: Sequence[Item], *, timed: UUID | None = None
) -> list[Outcome]:
    """Decide about each item by itself; the answers stand in the order of the items.

    ``timed`` is the slot that heartbeats named: its time is shared among the decisions. Refused as a whole are more
    than ``MOST_DECISIONS`` items, none, and a slot or key that stands twice; nothing is done then."""
    access.require(reviewer, Permission.REVIEW, project)
    if len(items) > MOST_DECISIONS:
        what = f"One request decides about at most {MOST_DECISIONS} labels. Nothing was decided."
        raise TooLarge("too_many_decisions", what, limit=MOST_DECISIONS)
    if not items:
        raise InvalidInput("nothing_to_decide", "Name at least one decision.", path="items")
    for name in ("slot", "key"):
        if len({getattr(item, name) for item in items}) < len(items):
            raise InvalidInput("stands_twice", f"A {name} stands twice. Nothing was decided.", path="items")
    uids = [item.slot for item in items]
    known = set(Slot.objects.filter(project=project, uid__in=uids).values_list("uid", flat=True))
    if timed is not None:
        _share_time(reviewer, project, items, timed)
    return [_outcome(reviewer, item) if item.slot in known else _refused(item, NotFound()) for item in items]


def _share_time(reviewer: Person, project: Project, items: Sequence[Item], timed: UUID) -> None:
    """Only what is still in hand takes part: asked again, there is nothing to share."""
    held = Slot.objects.filter(
        project=project,
        labeler=reviewer,
        kind=Slot.Kind.REVIEW,
        state=Slot.State.LEASED,
        leased_until__gt=ClockTimestamp(),
    ).select_related("project__organization")
    in_hand = {slot.uid: slot for slot in held.filter(uid__in=[timed, *(item.slot for item in items)])}
    tokens = {item.slot: item.token for item in items}
    decided = [slot for uid, slot in in_hand.items() if tokens.get(uid) == slot.lease_token]
    if timed in in_hand and decided:
        work_time.share_out(reviewer, in_hand[timed], decided)


def _outcome(reviewer: Person, item: Item) -> Outcome:
    try:
        answer = review.decide(
            reviewer,
            str(item.slot),
            token=item.token,
            version=item.version,
            decision=item.decision,
            reasons=item.reasons,
            comment=item.comment,
            payload=item.payload,
            key=item.key,
        )
    except Refusal as refusal:
        return _refused(item, refusal)
    return Outcome(item.slot, answer.status, answer.body)


def _refused(item: Item, refusal: Refusal) -> Outcome:
    return Outcome(item.slot, refusal.status, refusal.as_answer())


def give_back_many(reviewer: Person, project: Project, held: Sequence[tuple[UUID, int]]) -> int:
    """Free what was shown and not decided. What is held no more is passed over. Returns how many are free."""
    access.require(reviewer, Permission.REVIEW, project)
    if len(held) > MOST_DECISIONS:
        raise TooLarge("too_many_slots", f"At most {MOST_DECISIONS} at a time.", limit=MOST_DECISIONS)
    own = set(Slot.objects.filter(project=project, uid__in=[uid for uid, _ in held]).values_list("uid", flat=True))
    count = 0
    for uid, token in held:
        if uid in own:
            try:
                skips.give_back(reviewer, str(uid), token)
            except Refusal:
                continue
            count += 1
    return count
