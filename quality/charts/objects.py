"""Object by object: which drawn things of several opinions are the same, how well they meet, and why, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from quality.charts.words import NONE, decimal

LOOSE_BELOW = 0.5
FAIR_BELOW = 0.8

Key = tuple[str, str]


@dataclass(frozen=True)
class OpinionFacts:
    """One opinion: object id → feature uid, in order of drawing; question uid → the answer as people read it."""

    key: str
    name: str
    objects: Mapping[str, str]
    answers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class PairValue:
    """Similarity of a pair of opinions at one object or question; None where one of the two did not draw it."""

    words: str
    is_low: bool


@dataclass(frozen=True)
class ObjectRow:
    """One thing on the picture, or one question. `tone` is ok, warn or bad; `ids` are the objects it stands for."""

    number: str
    name: str
    drawn_by: int
    out_of: int
    values: tuple[PairValue, ...]
    tone: str
    result: str
    why: str
    ids: tuple[str, ...] = ()


def object_rows(
    opinions: Sequence[OpinionFacts],
    explanations: Mapping[Key, Sequence[Mapping[str, Any]]],
    feature_names: Mapping[str, str],
) -> list[ObjectRow]:
    """The rows of the table: objects first, those that more people drew before the others, then the questions.

    `explanations` is (older opinion, newer opinion) → features of that pair as the consensus rule stores them. Two
    objects are the same thing when some pair matched them, one chain at most one object of an opinion.
    """
    pairs = list(combinations([opinion.key for opinion in opinions], 2))
    names = {opinion.key: opinion.name for opinion in opinions}
    found = _matches(pairs, explanations)
    groups = _groups(opinions, found)
    rows = [
        _object_row(str(number), group, _Said(opinions, pairs, found, names, feature_names))
        for number, group in enumerate(groups, start=1)
    ]
    return rows + _question_rows(opinions, pairs, explanations, feature_names)


@dataclass(frozen=True)
class _Found:
    """What the pairs say: (opinion, object) of both sides → similarity and answers' difference; wrong classes."""

    similarity: Mapping[tuple[Key, Key], float]
    answers_differ: frozenset[tuple[Key, Key]]
    called: Mapping[Key, tuple[str, str]]


def _matches(pairs: Sequence[Key], explanations: Mapping[Key, Sequence[Mapping[str, Any]]]) -> _Found:
    similarity: dict[tuple[Key, Key], float] = {}
    differ: set[tuple[Key, Key]] = set()
    called: dict[Key, tuple[str, str]] = {}
    for a, b in pairs:
        for feature in explanations.get((a, b), ()):
            for one in feature.get("objects") or ():
                a_id, b_id = one.get("a_id"), one.get("b_id")
                if a_id and b_id:
                    similarity[(a, a_id), (b, b_id)] = float(one.get("geometry") or 0.0)
                    nested = one.get("nested")
                    if nested is not None and nested < 1.0:
                        differ.add(((a, a_id), (b, b_id)))
                elif one.get("error") == "wrong_class":
                    own = (a, a_id) if a_id else (b, b_id)
                    called[own] = (b if a_id else a, str(one.get("confused_with") or ""))
    return _Found(similarity, frozenset(differ), called)


def _groups(opinions: Sequence[OpinionFacts], found: _Found) -> list[dict[str, str]]:
    """Things as opinion → object id. The best matches join first, and never two objects of one opinion."""
    home: dict[Key, dict[str, str]] = {}
    for opinion in opinions:
        for object_id in opinion.objects:
            home[opinion.key, object_id] = {opinion.key: object_id}
    for (a, b), _ in sorted(found.similarity.items(), key=lambda item: -item[1]):
        if a in home and b in home and home[a] is not home[b] and not home[a].keys() & home[b].keys():
            home[a].update(home[b])
            for other in home[b].items():
                home[other] = home[a]
    unique = {id(group): group for group in home.values()}
    return sorted(unique.values(), key=lambda group: -len(group))


@dataclass(frozen=True)
class _Said:
    """Everything that the rows are written from."""

    opinions: Sequence[OpinionFacts]
    pairs: Sequence[Key]
    found: _Found
    names: Mapping[str, str]
    feature_names: Mapping[str, str]


def _object_row(number: str, group: Mapping[str, str], said: _Said) -> ObjectRow:
    opinions, pairs, found = said.opinions, said.pairs, said.found
    features = Counter(opinion.objects[group[opinion.key]] for opinion in opinions if opinion.key in group)
    feature = features.most_common(1)[0][0]
    between = {
        (a, b): _similarity(found, (a, group[a]), (b, group[b])) if a in group and b in group else None
        for a, b in pairs
    }
    tone, result, why = _judged_alone(group, said) if len(group) == 1 else _judged(group, between, said)
    return ObjectRow(
        number=number,
        name=said.feature_names.get(feature, "Object"),
        drawn_by=len(group),
        out_of=len(opinions),
        values=tuple(_value(between[pair]) for pair in pairs),
        tone=tone,
        result=result,
        why=why,
        ids=tuple(group.values()),
    )


def _similarity(found: _Found, a: Key, b: Key) -> float | None:
    value = found.similarity.get((a, b))
    return value if value is not None else found.similarity.get((b, a))


def _judged_alone(group: Mapping[str, str], said: _Said) -> tuple[str, str, str]:
    own = next(iter(group.items()))
    name = said.names[own[0]]
    other = said.found.called.get(own)
    if other is not None and other[1]:
        seen = said.feature_names.get(other[1], "another class")
        return "bad", "Other class", f"{name} is alone with this class; {said.names[other[0]]} calls it {seen}."
    return "bad", "Not matched", f"Only {name} drew it."


def _judged(group: Mapping[str, str], between: Mapping[Key, float | None], said: _Said) -> tuple[str, str, str]:
    known = {pair: value for pair, value in between.items() if value is not None}
    missing = [name for key, name in said.names.items() if key not in group]
    least = min(known, key=lambda pair: known[pair])
    who = f"{said.names[least[0]]} and {said.names[least[1]]}"
    gap = f"{' and '.join(missing)} did not draw it. " if missing else ""
    if known[least] < LOOSE_BELOW:
        return "warn", "Matched, loose", f"{gap}{who} meet in {decimal(known[least], 2)} only."
    if any(((a, group[a]), (b, group[b])) in said.found.answers_differ for a, b in known):
        return "warn", "Answers differ", f"{gap}The shapes meet; a question at the object was answered differently."
    if missing:
        return "warn", f"Matched, {len(group)} of {len(said.names)}", gap.strip()
    if known[least] < FAIR_BELOW:
        return "ok", "Matched", f"All overlap; {who} least, {decimal(known[least], 2)}."
    return "ok", "Matched", "All overlap closely."


def _question_rows(
    opinions: Sequence[OpinionFacts],
    pairs: Sequence[Key],
    explanations: Mapping[Key, Sequence[Mapping[str, Any]]],
    feature_names: Mapping[str, str],
) -> list[ObjectRow]:
    asked = [uid for uid in feature_names if any(uid in opinion.answers for opinion in opinions)]
    rows = []
    for uid in asked:
        scores = {
            pair: feature.get("score")
            for pair in pairs
            for feature in explanations.get(pair, ())
            if feature.get("feature") == uid
        }
        given = Counter(opinion.answers[uid] for opinion in opinions if uid in opinion.answers)
        top, count = given.most_common(1)[0]
        tone, result, why = _voted(uid, top, count, given, opinions)
        rows.append(
            ObjectRow(
                number="Q",
                name=feature_names[uid],
                drawn_by=sum(given.values()),
                out_of=len(opinions),
                values=tuple(_value(scores.get(pair)) for pair in pairs),
                tone=tone,
                result=result,
                why=why,
            )
        )
    return rows


def _voted(
    uid: str, top: str, count: int, given: Counter[str], opinions: Sequence[OpinionFacts]
) -> tuple[str, str, str]:
    if count == len(opinions):
        return "ok", top, "All gave the same answer."
    others = [
        f"{opinion.name} answered {opinion.answers[uid]}"
        if uid in opinion.answers
        else f"{opinion.name} gave no answer"
        for opinion in opinions
        if opinion.answers.get(uid) != top
    ]
    if list(given.values()).count(count) > 1:
        every = [f"{one.name} answered {one.answers[uid]}" for one in opinions if uid in one.answers]
        return "warn", "No majority", f"{'; '.join(every)}."
    return "warn", f"{top}, {count} of {len(opinions)}", f"{'; '.join(others)}."


def _value(value: float | None) -> PairValue:
    if value is None:
        return PairValue(NONE, False)
    return PairValue(decimal(value, 0 if value in (0.0, 1.0) else 2), value < LOOSE_BELOW)
