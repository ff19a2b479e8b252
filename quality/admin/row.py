"""Consensus of a row: every opinion side by side and overlaid, why objects meet or not, the winner and its reason."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from labeling import work_time
from labeling.admin.project_tabs import show_in_project
from labeling.annotations.features import Feature, Ontology
from labeling.annotations.kinds import is_tool
from labeling.blindness import refuse_unsubmitted
from labeling.models import Label, LabelVersion, Project, ProjectRow
from labeling.ontologies import parsed
from labeling.overlap import overlap_of
from quality import benchmarks, consensus, issues, overlap, performance, sampling
from quality.admin.benchmarks import gold_classes, gold_section
from quality.admin.issue_list import STATE_CHIPS
from quality.admin.links import SOCKET, formula_link
from quality.charts import words
from quality.charts.objects import ObjectRow, OpinionFacts, object_rows
from quality.charts.overlay import Overlay, Shape, overlay, style_of
from quality.models import Benchmark, Issue, LabelScore, PairScore, Review, ReviewRemark, RowConsensus
from quality.performance import PersonPerformance
from quality.scoring_schema import newest_ontology, opinions_given
from workforce import access
from workforce.admin.pages import PersonRequest, act
from workforce.admin.site import add_page
from workforce.roles import Permission

APPROVAL_DAYS = 14
MOST_PAIR_COLUMNS = 6
NO_PICTURE = (640, 480)
RELATED = "project__organization", "data_row__dataset", "batch"


@dataclass(frozen=True)
class Opinion:
    """One person's label as its card shows it."""

    version: LabelVersion
    style: str
    short_name: str
    facts: tuple[tuple[str, str, bool], ...]
    score: LabelScore | None
    approval: str
    drawing: Overlay | None
    is_winner: bool
    is_external: bool

    @property
    def label(self) -> Label:
        return self.version.label


@dataclass(frozen=True)
class Cell:
    """A pair in the matrix: its score, the parts of it in words, and how strong its tone is, 0 to 4."""

    score: float | None
    parts: str
    strength: int
    is_own: bool = False


@require_safe
def row(request: PersonRequest, uid: str) -> HttpResponse:
    found = _row(request, uid)
    refuse_unsubmitted(request.user, found)
    versions = opinions_given(found)
    together = access.visible_to(
        request.user,
        RowConsensus.objects.select_related("winner__labeler", "chosen_by", "ambiguous_by").filter(project_row=found),
        Permission.VIEW_CONSENSUS,
    ).first()
    pairs = list(
        access.visible_to(request.user, PairScore.objects.filter(project_row=found), Permission.VIEW_CONSENSUS)
    )
    ontology = parsed(newest_ontology(versions)) if versions else Ontology()
    winner = together.winner_id if together else None
    opinions = _opinions(request, found, versions, ontology, winner)
    rows = _objects(opinions, pairs, ontology)
    columns = list(combinations([opinion.short_name for opinion in opinions], 2))
    settings = overlap_of(found.project, found.batch)
    issue_list = issues.issues_visible_to(request.user).filter(project_row=found).order_by("-pk")
    return show_in_project(
        request,
        found.project,
        "quality/admin/row.html",
        page="project-quality",
        title=found.data_row.external_id,
        crumbs=[
            (found.project.name, reverse("admin:project", args=[found.project.uid])),
            ("Quality", reverse("admin:project-quality", args=[found.project.uid])),
        ],
        row=found,
        consensus=together,
        verdict=_verdict(together, found),
        opinions=opinions,
        wanted=max(found.labels_wanted, len(opinions)),
        news=_news(versions, together),
        picture=reverse("asset", args=[found.uid]) if found.data_row.asset_path else "",
        drawing=_overlay(opinions, rows, found),
        objects=rows,
        columns=[f"{_initial(a)}–{_initial(b)}" for a, b in columns] if len(columns) <= MOST_PAIR_COLUMNS else [],
        matrix=_matrix(opinions, pairs, ontology),
        benchmark=(benchmark := _benchmark(request, found)),
        gold=gold_section(request, found, benchmark),
        gold_classes=gold_classes(benchmark),
        in_force=settings,
        strategies=dict(Project.Strategy.choices),
        why=overlap.in_words(together, overlap.newest_extra(found), settings),
        history=_history(request, found),
        looks=sampling.why_looked_at(found),
        issues=[(issue, STATE_CHIPS[Issue.State(issue.state)]) for issue in issue_list],
        formula=formula_link("consensus"),
        approval_days=APPROVAL_DAYS,
        stream=f"row:{found.uid}",
        socket=SOCKET,
        now=work_time.clock(),
    )


def _row(request: PersonRequest, uid: str) -> ProjectRow:
    return access.access(request.user, ProjectRow.objects.select_related(*RELATED), uid, Permission.VIEW_CONSENSUS)


# --- What is said above -----------------------------------------------------------------------------------------
def _verdict(together: RowConsensus | None, found: ProjectRow) -> tuple[str, str, str]:
    """Tone, sign and words: the score against the threshold in force."""
    if together is None or together.score is None:
        return "", "", "No consensus yet: it needs two opinions"
    threshold = overlap_of(found.project, found.batch).threshold
    limit = words.decimal(threshold, 2)
    if together.score >= threshold:
        return "ok", "check", f"From {limit}: agreed"
    return "warn", "warn", f"Below {limit}"


def _news(versions: list[LabelVersion], together: RowConsensus | None) -> tuple[str, datetime, str, str] | None:
    """Who came last and when, and what the score went from and to; none under two opinions."""
    if len(versions) < 2 or together is None:
        return None
    last = max(versions, key=lambda version: (version.made_at, version.pk))
    before, after = together.previous_score, together.score
    if before is None or after is None:
        return _first_name(last), last.made_at, "", words.score(after)
    return _first_name(last), last.made_at, words.score(before), words.score(after)


# --- Opinions ---------------------------------------------------------------------------------------------------
def _opinions(
    request: PersonRequest, found: ProjectRow, versions: list[LabelVersion], ontology: Ontology, winner: int | None
) -> list[Opinion]:
    labels = [version.label_id for version in versions]
    scores = {
        score.label_id: score
        for score in access.visible_to(
            request.user, LabelScore.objects.filter(label__in=labels), Permission.VIEW_CONSENSUS
        )
    }
    approvals = _approvals(request, found)
    names = _short_names([version.label.labeler.name for version in versions])
    opinions = []
    for index, version in enumerate(versions):
        maker = version.label.labeler
        opinions.append(
            Opinion(
                version=version,
                style=style_of(index),
                short_name=names[index],
                facts=_facts(version, versions, ontology),
                score=scores.get(version.label_id),
                approval=_approval(approvals.get(str(maker.uid))),
                drawing=_drawing([(version, style_of(index), names[index])], found),
                is_winner=version.label_id == winner,
                is_external=maker.kind == maker.Kind.EXTERNAL,
            )
        )
    return opinions


def _approvals(request: PersonRequest, found: ProjectRow) -> dict[str, PersonPerformance]:
    until = work_time.day_in(found.project, work_time.clock())
    since = until - timedelta(days=APPROVAL_DAYS - 1)
    people = performance.performance_of(request.user, found.project, since=since, until=until).people
    return {one.uid: one for one in people}


def _approval(one: PersonPerformance | None) -> str:
    if one is None or one.figures.approval.n < 10:
        return f"n {one.figures.approval.n if one else 0}, too few"
    return words.percent(one.figures.approval.value)


def _facts(
    version: LabelVersion, versions: list[LabelVersion], ontology: Ontology
) -> tuple[tuple[str, str, bool], ...]:
    """Objects by class, then answers; the third value says that this one differs from the most frequent answer."""
    counted = [_counts(other) for other in versions]
    own, answers = _counts(version), _answers(version, ontology)
    found = []
    for feature in ontology.features:
        if is_tool(feature.kind) and any(feature.uid in counts for counts in counted):
            found.append((feature.name, words.whole(own.get(feature.uid, 0)), False))
    for feature in ontology.features:
        if not is_tool(feature.kind):
            votes = Counter(_answers(other, ontology).get(feature.uid, words.NONE) for other in versions)
            answer = answers.get(feature.uid, words.NONE)
            found.append((feature.name, answer, votes[answer] < max(votes.values())))
    return tuple(found)


def _counts(version: LabelVersion) -> Counter[str]:
    return Counter(entry["feature"] for entry in version.payload["features"] if is_tool(entry["kind"]))


def _answers(version: LabelVersion, ontology: Ontology) -> dict[str, str]:
    by_uid = {feature.uid: feature for feature in ontology.features}
    return {
        entry["feature"]: _in_words(by_uid[entry["feature"]], entry["value"])
        for entry in version.payload["features"]
        if not is_tool(entry["kind"]) and entry["feature"] in by_uid
    }


def _in_words(feature: Feature, value: Any) -> str:
    titles = {option.value: option.label for option in feature.options}
    chosen = value if isinstance(value, list) else [value]
    return ", ".join(titles.get(str(one), str(one)) for one in chosen) or words.NONE


def _first_name(version: LabelVersion) -> str:
    return str(version.label.labeler.name).split()[0]


def _short_names(names: list[str]) -> list[str]:
    """First names where they tell people apart, else whole names."""
    firsts = [name.split()[0] for name in names]
    return [first if firsts.count(first) == 1 else name for first, name in zip(firsts, names, strict=True)]


def _initial(name: str) -> str:
    return name[0].upper()


# --- Drawings ---------------------------------------------------------------------------------------------------
def _shapes(drawn: list[tuple[LabelVersion, str, str]]) -> list[Shape]:
    return [
        Shape(entry["id"], entry["kind"], entry["value"], name, style)
        for version, style, name in drawn
        for entry in version.payload["features"]
        if is_tool(entry["kind"])
    ]


def _drawing(
    drawn: list[tuple[LabelVersion, str, str]], found: ProjectRow, numbers: dict[str, str] | None = None
) -> Overlay | None:
    """None where neither a picture nor a shape is there to draw."""
    shapes = _shapes(drawn)
    if found.data_row.size is None and not shapes:
        return None
    return overlay(shapes, found.data_row.size or NO_PICTURE, numbers=numbers)


def _overlay(opinions: list[Opinion], rows: list[ObjectRow], found: ProjectRow) -> Overlay | None:
    numbers = {id_: one.number for one in rows for id_ in one.ids}
    return _drawing([(one.version, one.style, one.short_name) for one in opinions], found, numbers)


# --- Object by object, pair by pair -----------------------------------------------------------------------------
def _objects(opinions: list[Opinion], pairs: list[PairScore], ontology: Ontology) -> list[ObjectRow]:
    facts = [
        OpinionFacts(
            key=str(one.label.pk),
            name=one.short_name,
            objects={e["id"]: e["feature"] for e in one.version.payload["features"] if is_tool(e["kind"])},
            answers=_answers(one.version, ontology),
        )
        for one in opinions
    ]
    explanations = {(str(pair.label_a_id), str(pair.label_b_id)): pair.explanation for pair in pairs}
    names = {feature.uid: feature.name for feature in ontology.features}
    return object_rows(facts, explanations, names)


def _matrix(opinions: list[Opinion], pairs: list[PairScore], ontology: Ontology) -> list[tuple[Opinion, list[Cell]]]:
    known = {frozenset((pair.label_a_id, pair.label_b_id)): pair for pair in pairs}
    return [
        (
            one,
            [_cell(known.get(frozenset((one.label.pk, other.label.pk))), ontology, one is other) for other in opinions],
        )
        for one in opinions
    ]


def _cell(pair: PairScore | None, ontology: Ontology, is_own: bool) -> Cell:
    if is_own or pair is None:
        return Cell(None, "", 0, is_own)
    parts = [pair.features[feature.uid] for feature in ontology.features if feature.uid in pair.features]
    shown = " · ".join(words.decimal(part, 0 if part in (0, 1) else 3) for part in parts)
    return Cell(pair.score, shown, round(4 * (pair.score or 0.0)))


# --- Below ------------------------------------------------------------------------------------------------------
def _benchmark(request: PersonRequest, found: ProjectRow) -> Benchmark | None:
    return benchmarks.benchmark_of(found) if access.can(request.user, Permission.VIEW_BENCHMARK, found) else None


def _history(request: PersonRequest, found: ProjectRow) -> list[tuple[datetime, str, str, str]]:
    """When, who, what and more, newest first: versions of labels and decisions about them."""
    versions = access.visible_to(
        request.user,
        LabelVersion.objects.select_related("author", "label__labeler").filter(label__project_row=found),
        Permission.VIEW_LABEL,
    ).defer("payload")
    reviews = access.visible_to(
        request.user,
        Review.objects.select_related("reviewer", "label__labeler", "appeal", "decides_appeal").filter(
            label__project_row=found
        ),
        Permission.VIEW_LABEL,
    )
    remarks = access.visible_to(
        request.user,
        ReviewRemark.objects.select_related("author", "review__label__labeler").filter(
            review__label__project_row=found
        ),
        Permission.VIEW_LABEL,
    )
    lines = [(version.made_at, version.author.name, *_version_in_words(version)) for version in versions]
    lines += [(review.made_at, review.reviewer.name, *_review_in_words(review)) for review in reviews]
    lines += [(remark.made_at, remark.author.name, *_remark_in_words(remark)) for remark in remarks]
    return sorted(lines, key=lambda line: line[0], reverse=True)


def _version_in_words(version: LabelVersion) -> tuple[str, str]:
    kind = "Label"
    if version.label.kind == Label.Kind.GOLD:
        kind = "Retired benchmark" if version.label.retired_at else "Benchmark"
    objects = words.count_of(version.object_count, "object")
    return (
        f"{kind} of {version.label.labeler.name}, version {version.number}",
        f"{objects}, {version.get_origin_display()}",
    )


def _review_in_words(review: Review) -> tuple[str, str]:
    decision = str(review.get_decision_display()).capitalize()
    if hasattr(review, "decides_appeal"):
        decision = f"Appeal {review.decides_appeal.get_state_display()}"
    what = f"{decision}: label of {review.label.labeler.name}, version {review.version}"
    if hasattr(review, "appeal"):
        what += f" (appeal: {review.appeal.get_state_display()})"
    return what, _said(review)


def _remark_in_words(remark: ReviewRemark) -> tuple[str, str]:
    """A decision that came second changed nothing; its words are a comment."""
    review = remark.review
    return f"Comment: label of {review.label.labeler.name}, version {review.version}", _said(remark)


def _said(one: Review | ReviewRemark) -> str:
    reasons = [
        str(reason.get("text") or reason.get("code"))
        + (f" (rule {reason['rule_title']})" if reason.get("rule_title") else "")
        for reason in one.reasons
    ]
    return "; ".join(reasons) or one.comment


# --- Acts -------------------------------------------------------------------------------------------------------
@require_POST
def choose_winner(request: PersonRequest, uid: str) -> HttpResponse:
    found = _row(request, uid)
    label = _label(request, found)
    return act(
        request,
        lambda: consensus.choose_winner(request.user, found, label, reason=request.POST.get("reason", "")),
        f"{label.labeler.name}'s label stands for this row. No opinion was lost.",
        then=reverse("admin:row", args=[uid]),
    )


@require_POST
def ask_one_more(request: PersonRequest, uid: str) -> HttpResponse:
    found = _row(request, uid)
    return act(
        request,
        lambda: overlap.ask_one_more(request.user, found, reason=request.POST.get("reason", "")),
        "One more person is asked. The opinions that are in stay.",
        then=reverse("admin:row", args=[uid]),
    )


@require_POST
def make_gold(request: PersonRequest, uid: str) -> HttpResponse:
    found = _row(request, uid)
    label = _label(request, found)
    return act(
        request,
        lambda: benchmarks.make_benchmark_from(request.user, label, rationale=request.POST.get("reason", "")),
        "This row is a benchmark now. Every opinion but its maker's is scored against it.",
        then=reverse("admin:row", args=[uid]),
    )


@require_POST
def remove_gold(request: PersonRequest, uid: str) -> HttpResponse:
    found = _row(request, uid)
    return act(
        request,
        lambda: benchmarks.remove_benchmark(request.user, found),
        "This row is no benchmark any more; the scores that came from it are gone.",
        then=reverse("admin:row", args=[uid]),
    )


def _label(request: PersonRequest, found: ProjectRow) -> Label:
    """The label that the form names, of this row only."""
    uid = request.POST.get("label", "")
    return access.access(
        request.user,
        Label.objects.select_related("labeler").filter(project_row=found),
        uid,
        Permission.VIEW_LABEL,
    )


add_page("rows/<uuid:uid>/", row, "row")
add_page("rows/<uuid:uid>/winner/", choose_winner, "row-winner")
add_page("rows/<uuid:uid>/ask/", ask_one_more, "row-ask")
add_page("rows/<uuid:uid>/gold/", make_gold, "row-gold")
add_page("rows/<uuid:uid>/gold/remove/", remove_gold, "row-gold-remove")
