"""The history of a row: what happened to it and by whom, oldest first, and each label version by version.

Who may see consensus sees the whole row, once they may not label it themselves any more; a reviewer sees the labels
that they hold for review or have decided about. Gold is told to those who may see benchmarks. Read only."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from labeling.annotations.differences import Difference, difference
from labeling.annotations.features import feature_by_uid
from labeling.blindness import refuse_unsubmitted
from labeling.events import stream_of_row
from labeling.models import Label, LabelVersion, ProjectRow, Slot, WorkSession
from labeling.ontologies import parsed
from labeling.skip_reasons import SKIP_REASONS
from quality import issues, review_steps, review_value
from quality.agreement.review_gain import Decision
from quality.bulk_review import answers_in_words
from quality.models import Review, ReviewRemark
from quality.review import reason_in_words
from quality.review_value import Scored
from workforce import access, audit, names
from workforce.errors import NotFound
from workforce.events import events_of_stream
from workforce.models import ClockTimestamp, Person
from workforce.roles import Permission

MOST_EVENTS = 500
_STAGES = {"labeling": "Opened to label", "review": "Opened to review", "rework": "Opened to rework"}
_STATES = dict(ProjectRow.State.choices)
_ACTS = {
    "row.excluded": "Taken out of the line",
    "row.returned": "Put back into the queue",
    "rework.withdrawn": "Rework given to someone else",
    "winner.chosen": "Winner chosen",
    "opinion.asked": "One more opinion asked for",
}
_GOLD_ACTS = {
    "benchmark.made": "Marked as gold",
    "benchmark.changed": "Gold changed",
    "benchmark.removed": "Gold taken away",
}


@dataclass(frozen=True)
class Moment:
    """One thing that happened. ``kind`` names it for machines, ``more`` says why or what."""

    at: datetime
    kind: str
    what: str
    who: str = ""
    more: str = ""


@dataclass(frozen=True)
class Change:
    """One difference to the version before: ``sign`` is added, removed, moved, reclassified or reanswered."""

    sign: str
    object_id: str
    words: str


@dataclass(frozen=True)
class VersionShown:
    """A version with what changed, how it scores, and the decision about it with what that gained."""

    version: LabelVersion
    author: str
    changes: tuple[Change, ...]
    score: float | None
    reviews: tuple[tuple[Review, str, Decision | None], ...]
    before: LabelVersion | None


@dataclass(frozen=True)
class LabelHistory:
    label: Label
    maker: str
    against: str
    versions: tuple[VersionShown, ...]
    trips: int


@dataclass(frozen=True)
class RowHistory:
    row: ProjectRow
    moments: tuple[Moment, ...]
    labels: tuple[LabelHistory, ...]
    is_whole: bool


@dataclass(frozen=True)
class _Reader:
    """Who asks, of what they may read, and what everybody is called to them."""

    person: Person
    row: ProjectRow
    labels: list[Label]
    is_whole: bool
    sees_gold: bool
    name_of: Callable[[Person | None], str]


def history_of(person: Person, row_uid: str) -> RowHistory:
    """Raises NotFound for who may not know of the row or sees no label of it, ``label_first`` before the own submit."""
    related = "project__organization", "data_row", "batch__created_by"
    row = access.access(person, ProjectRow.objects.select_related(*related), row_uid, Permission.VIEW_PROJECT)
    is_whole = bool(access.can(person, Permission.VIEW_CONSENSUS, row))
    if not is_whole:
        access.require(person, Permission.REVIEW, row)
    refuse_unsubmitted(person, row)
    sees_gold = bool(access.can(person, Permission.VIEW_BENCHMARK, row))
    found = Label.objects.filter(project_row=row, kind=Label.Kind.OPINION, slot__is_check=False)
    if not is_whole:
        found = found.filter(_reviewed_by(person))
    labels = list(
        found.select_related("labeler", "slot", "project_row__data_row", "project_row__project").order_by("pk")
    )
    if not labels and not is_whole:
        raise NotFound
    reader = _Reader(person, row, labels, is_whole, sees_gold, _naming(person, row, labels))
    reviews = _by_label(Review.objects.filter(label__in=labels).select_related("reviewer").order_by("label", "ordinal"))
    versions = _by_label(
        LabelVersion.objects.filter(label__in=labels).select_related("author", "ontology_version").order_by("number")
    )
    moments = [*_about_labels(reader, versions, reviews), *_about_row(reader)]
    golds = review_value.golds_of([row.pk]) if sees_gold else {}
    shown = [
        _label_history(
            reader,
            one,
            versions[one.pk],
            reviews[one.pk],
            review_value.scores_of(one, versions[one.pk], reviews[one.pk], golds.get(row.pk)),
        )
        for one in labels
    ]
    return RowHistory(row, tuple(sorted(moments, key=lambda one: one.at)), tuple(shown), is_whole)


def _reviewed_by(person: Person) -> Q:
    slots = Slot.objects.filter(label=OuterRef("pk"), kind=Slot.Kind.REVIEW, labeler=person)
    # Who looks at a later step is told what was decided before only after the own decision.
    elsewhere = Review.objects.filter(label=OuterRef("label")).exclude(step=OuterRef("step"))
    live = slots.filter(state=Slot.State.LEASED, leased_until__gt=ClockTimestamp()).filter(
        Q(is_appeal=True) | ~Exists(elsewhere)
    )
    decided = Review.objects.filter(label=OuterRef("pk"), reviewer=person)
    return Q(Exists(live)) | Q(Exists(decided))


def _by_label(found: QuerySet[Any]) -> dict[int, list[Any]]:
    by_label: dict[int, list[Any]] = defaultdict(list)
    for one in found:
        by_label[one.label_id].append(one)
    return by_label


def _naming(person: Person, row: ProjectRow, labels: Sequence[Label]) -> Callable[[Person | None], str]:
    """To people of a vendor others have no name; asked once for everybody who worked on the row."""
    slots = Slot.objects.filter(project_row=row, labeler__isnull=False).values_list("labeler", flat=True)
    worked = WorkSession.objects.filter(slot__project_row=row).values_list("person", flat=True)
    wrote = LabelVersion.objects.filter(label__in=labels).values_list("author", flat=True)
    said = Review.objects.filter(label__in=labels).values_list("reviewer", flat=True)
    people = {*slots.union(worked, wrote, said), row.batch.created_by_id}
    is_vendors = access.vendors_of(person).filter(organization=row.project.organization_id).exists()
    named = people - names.unnamed_to(person, [(row.project.organization_id, one) for one in people])

    def name_of(one: Person | None) -> str:
        if one is None:
            return ""
        return names.PROJECT_TEAM if is_vendors and one.pk not in named else one.name

    return name_of


# --- The time line ------------------------------------------------------------------------------------------------
def _about_labels(
    reader: _Reader, versions: Mapping[int, Sequence[LabelVersion]], reviews: Mapping[int, Sequence[Review]]
) -> list[Moment]:
    found: list[Moment] = []
    step_names, project = review_steps.names_of([reader.row.project_id]), reader.row.project_id
    name_of, labels = reader.name_of, {one.pk: one for one in reader.labels}
    for pk, label in labels.items():
        maker = name_of(label.labeler)
        for version in versions[pk]:
            again = "again" if version.number > 1 and version.author_id == label.labeler_id else ""
            verb = "Fixed" if version.author_id != label.labeler_id else f"Submitted {again}".strip()
            what = f"{verb}: label of {maker}, version {version.number}"
            found.append(
                Moment(version.made_at, "submitted", what, name_of(version.author), version.get_origin_display())
            )
        for review in reviews[pk]:
            decision = str(review.get_decision_display()).capitalize()
            step = review_steps.name_in(step_names, project, review.step)
            what = f"{decision}: label of {maker}, version {review.version}"
            said = "; ".join(filter(None, [*map(reason_in_words, review.reasons), review.comment]))
            found.append(
                Moment(review.made_at, "decided", what, name_of(review.reviewer), f"{step}. {said}" if said else step)
            )
    drawn = Slot.objects.filter(label__in=labels, kind=Slot.Kind.REVIEW)
    for slot in drawn.only("created_at", "step", "label_id"):
        maker = name_of(labels[slot.label_id or 0].labeler)
        step = review_steps.name_in(step_names, project, slot.step)
        found.append(Moment(slot.created_at, "drawn", f"Drawn for review: label of {maker}", more=step))
    remarks = ReviewRemark.objects.filter(review__label__in=labels).select_related("author")
    for remark in remarks:
        said = "; ".join(filter(None, [*map(reason_in_words, remark.reasons), remark.comment]))
        found.append(Moment(remark.made_at, "remarked", "Came second; kept as a comment", name_of(remark.author), said))
    return found


def _about_row(reader: _Reader) -> list[Moment]:
    row, name_of = reader.row, reader.name_of
    came = Moment(row.entered_at, "added", f"Came in with the batch {row.batch.name}", name_of(row.batch.created_by))
    found = [came, *_work_of(reader), *_issues_of(reader)]
    if not reader.is_whole:
        return found
    skips = Slot.objects.filter(project_row=row, state=Slot.State.SKIPPED, submitted_at__isnull=False, is_check=False)
    for slot in skips.select_related("labeler"):
        assert slot.submitted_at is not None
        said = ": ".join(filter(None, [SKIP_REASONS.get(slot.skip_reason, ""), slot.skip_comment]))
        found.append(Moment(slot.submitted_at, "skipped", "Skipped", name_of(slot.labeler), said))
    targets = [row.uid, *(label.uid for label in reader.labels)]
    told = _ACTS | (_GOLD_ACTS if reader.sees_gold else {})
    for act in audit.acts_on_rows(row.project.organization_id, targets):
        if act.action in told:
            why = str(act.after.get("reason", ""))
            found.append(Moment(act.at, act.action, told[act.action], name_of(act.actor), why))
    return [*found, *_announced(reader)]


def _work_of(reader: _Reader) -> list[Moment]:
    """Each lease that somebody worked under, and those that ended without work. A check is nobody's business."""
    sessions = WorkSession.objects.filter(slot__project_row=reader.row, slot__is_check=False)
    if not reader.is_whole:
        own = [label.pk for label in reader.labels]
        sessions = sessions.filter(Q(slot__work__in=own) | Q(slot__label__in=own))
    found = []
    for session in sessions.select_related("person").order_by("pk")[:MOST_EVENTS]:
        who = reader.name_of(session.person)
        found.append(Moment(session.first_beat_at, "leased", _STAGES[session.stage], who))
        if session.outcome == WorkSession.Outcome.ABANDONED:
            found.append(Moment(session.last_beat_at, "given_back", "Given back without a submit", who))
    return found


def _issues_of(reader: _Reader) -> list[Moment]:
    found = []
    for issue in issues.issues_visible_to(reader.person).filter(project_row=reader.row):
        said = list(issue.comments.all())
        question = said[0].text if said else ""
        opened = f"Asked: issue {issue.number}"
        found.append(Moment(issue.opened_at, "issue_opened", opened, reader.name_of(issue.opened_by), question))
        for comment in said[1:]:
            who = reader.name_of(comment.author)
            found.append(Moment(comment.made_at, "issue_answered", f"Said in issue {issue.number}", who, comment.text))
        if issue.resolved_at is not None:
            found.append(Moment(issue.resolved_at, "issue_resolved", f"Issue {issue.number} resolved"))
    return found


def _announced(reader: _Reader) -> list[Moment]:
    """Moves and scores, as the row's stream told them when they happened."""
    found = []
    before = ""
    for event in events_of_stream(stream_of_row(reader.row.uid), ["row_moved", "consensus_scored"], MOST_EVENTS):
        said = event.payload
        if event.kind == "consensus_scored":
            score = "none" if said["score"] is None else f"{said['score']:.3f}"
            what = f"Scored: consensus {score} of {said['opinions']} opinions"
            found.append(Moment(event.created_at, "scored", what))
            continue
        if said["state"] == ProjectRow.State.DONE:
            found.append(Moment(event.created_at, "done", "Done"))
        else:
            kind, verb = ("reopened", "Reopened") if before == ProjectRow.State.DONE else ("moved", "Moved on")
            found.append(Moment(event.created_at, kind, f"{verb}: {_STATES.get(said['state'], said['state'])}"))
        before = said["state"]
    return found


# --- One label ----------------------------------------------------------------------------------------------------
def _label_history(
    reader: _Reader, label: Label, versions: Sequence[LabelVersion], reviews: Sequence[Review], scored: Scored
) -> LabelHistory:
    numbers = {one.number for one in versions}
    shown, before = [], None
    for version in versions:
        decided = tuple(
            (one, reader.name_of(one.reviewer), review_value.decision_of(one, scored, numbers))
            for one in reviews
            if one.version == version.number
        )
        changes = changes_between(before, version) if before is not None else ()
        score = scored.scores.get(version.number)
        shown.append(VersionShown(version, reader.name_of(version.author), changes, score, decided, before))
        before = version
    trips = sum(one.decision == Review.Decision.REJECT for one in reviews)
    return LabelHistory(label, reader.name_of(label.labeler), scored.against, tuple(shown), trips)


def changes_between(old: LabelVersion, new: LabelVersion) -> tuple[Change, ...]:
    """What the newer version changed, in words: an object by its class, an answer by what it was and is."""
    changed: Difference = difference(old.payload, new.payload)
    classes_then, classes_now = _named(old), _named(new)
    known = {**classes_then, **classes_now}
    was, now = _answers_in(old), _answers_in(new)
    found = [Change("added", uid, f"{known[uid][1]} added") for uid in changed.added]
    found += [Change("removed", uid, f"{known[uid][1]} removed") for uid in changed.removed]
    found += [Change("moved", uid, f"{known[uid][1]} has another shape") for uid in changed.moved]
    for uid in changed.reclassified:
        found.append(Change("reclassified", uid, f"{classes_then[uid][1]} is {classes_now[uid][1]} now"))
    for uid in dict.fromkeys(changed.reanswered):
        feature, name = known[uid]
        words = f"{name}: {was.get(feature, 'no answer')} → {now.get(feature, 'no answer')}"
        is_question = feature in was or feature in now
        same = was.get(feature) == now.get(feature)
        found.append(
            Change("reanswered", uid, words if is_question and not same else f"{name}: an answer below it changed")
        )
    return tuple(found)


def _named(version: LabelVersion) -> dict[str, tuple[str, str]]:
    """Id of an object or answer → its feature and that one's name."""
    ontology = parsed(version.ontology_version)
    found = {}
    for entry in version.payload["features"]:
        feature = feature_by_uid(ontology, str(entry["feature"]))
        found[str(entry["id"])] = str(entry["feature"]), feature.name if feature else "Object"
    return found


def _answers_in(version: LabelVersion) -> dict[str, str]:
    """Question about the whole picture → its answer in words."""
    return {one.feature: one.words for one in answers_in_words(version) if one.depth == 0}
