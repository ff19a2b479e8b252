"""An answer to a practice row beside the known one: the score, and object by object in words what differs.

The score is that of labels against gold (``docs/measures.md``). Where an answer and the known one share nothing that
can be compared it is 0."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from labeling.annotations.features import every_feature, option_by_value
from labeling.annotations.kinds import is_tool
from labeling.models import DataRow, OntologyVersion
from labeling.ontologies import parsed
from quality.accuracy import ERRORS
from quality.agreement.labels import LabelAgreement, ObjectAgreement, score_labels
from quality.scoring_schema import schema_of

GONE = "A class that is gone"


@dataclass(frozen=True)
class Answer:
    """A payload and the version of the ontology that it was made under."""

    payload: Mapping[str, Any]
    ontology_version: OntologyVersion


@dataclass(frozen=True)
class Difference:
    """One object or answer that differs: kind of error, what it is, a sentence, how alike the two are (0..1), and the
    ids of the object in the own and in the known answer, where there is one."""

    error: str
    kind: str
    name: str
    text: str
    likeness: float
    own: str
    known: str


@dataclass(frozen=True)
class Compared:
    score: float
    right: int
    differences: list[Difference]

    @property
    def errors(self) -> dict[str, int]:
        return dict(Counter(one.error for one in self.differences))


def compare(data_row: DataRow, own: Answer, known: Answer) -> Compared:
    """The own answer is a and the known one is b, so that "missing" and "extra" say what they mean."""
    newest = max((own.ontology_version, known.ontology_version), key=lambda version: version.number)
    agreement = score_labels(schema_of(newest), own.payload, known.payload, size=data_row.size)
    words = _Words(newest, own, known)
    differences = [words.difference(feature.feature, one) for feature, one in _told(agreement)]
    right = sum(one.error == "" for feature in agreement.features for one in feature.objects)
    return Compared(agreement.score or 0.0, right, differences)


def answers_in_words(answer: Answer) -> list[str]:
    """What an answer says of the whole picture, question by question; its objects are better seen than told."""
    words = _Words(answer.ontology_version, answer, answer)
    return [words.said(entry) for entry in answer.payload["features"] if not is_tool(entry["kind"])]


def is_comparable(data_row: DataRow, known: Answer) -> bool:
    """Whether an answer can be told from another at all: one equal to the known answer scores 1."""
    agreement = score_labels(schema_of(known.ontology_version), known.payload, known.payload, size=data_row.size)
    return agreement.score is not None


def _told(agreement: LabelAgreement) -> Iterator[tuple[Any, ObjectAgreement]]:
    """What is wrong, each thing once: of two objects that only their class tells apart, the own one."""
    for feature in agreement.features:
        for one in feature.objects:
            if one.error and not (one.error == "wrong_class" and one.a_id is None):
                yield feature, one


class _Words:
    """Names of classes, questions, options and objects, as the person knows them."""

    def __init__(self, version: OntologyVersion, own: Answer, known: Answer) -> None:
        self.features = {feature.uid: feature for feature in every_feature(parsed(version).features)}
        self.own, self.known = dict(_by_id(own.payload)), dict(_by_id(known.payload))
        self.numbers = _numbers(own.payload)

    def difference(self, feature: str, one: ObjectAgreement) -> Difference:
        name = self._name(feature)
        called = f"{name} {self.numbers[one.a_id]}" if one.a_id in self.numbers else name
        text = {
            "missing": f"{name} is missing.",
            "extra": f"{called} is not in the known answer.",
            "wrong_class": f"{called}: the known answer calls it {self._name(one.confused_with)}.",
            "loose": f"{called} lies loose: {round(one.geometry * 100)} % alike.",
            "wrong_answer": "",
            "degenerate": f"{called} has no area.",
        }[one.error]
        said = " ".join(filter(None, [text, self._answers(called, one)]))
        return Difference(one.error, ERRORS[one.error], name, said, one.geometry, one.a_id or "", one.b_id or "")

    def _name(self, feature: str) -> str:
        found = self.features.get(feature)
        return found.name if found else GONE

    def _answers(self, called: str, one: ObjectAgreement) -> str:
        """What was said instead of what: of a question, or of the questions below an object."""
        own, known = self.own.get(one.a_id or ""), self.known.get(one.b_id or "")
        if own is None or known is None:
            return f"{called}: the answers differ." if one.error == "wrong_answer" else ""
        is_object = is_tool(own["kind"])
        pairs = [*([] if is_object else [(own, known)]), *_nested_pairs(own, known)]
        told = [self._pair(mine, theirs) for mine, theirs in pairs if _value(mine) != _value(theirs)]
        return " ".join(f"{called}, {one}" if is_object else one for one in told)

    def _pair(self, mine: Mapping[str, Any], theirs: Mapping[str, Any]) -> str:
        return f"{self._name(mine['feature'])}: you said {self._said(mine)}, known is {self._said(theirs)}."

    def said(self, entry: Mapping[str, Any]) -> str:
        below = [self.said(one) for one in entry.get("nested", [])]
        return ", ".join([f"{self._name(entry['feature'])}: {self._said(entry)}", *below])

    def _said(self, entry: Mapping[str, Any]) -> str:
        if not entry.get("kind"):
            return "nothing"
        feature = self.features.get(entry["feature"])
        values = entry["value"] if isinstance(entry["value"], list) else [entry["value"]]
        words = []
        for value in values:
            option = option_by_value(feature, str(value)) if feature else None
            words.append(option.label if option else str(value))
        return f"“{', '.join(words)}”"


def _nested_pairs(own: Mapping[str, Any], known: Mapping[str, Any]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """The answers below two matched things, by question; one that only one side gives stands beside nothing."""
    mine = {entry["feature"]: entry for entry in own.get("nested", [])}
    theirs = {entry["feature"]: entry for entry in known.get("nested", [])}
    found = []
    for feature in [*mine, *(one for one in theirs if one not in mine)]:
        pair = (mine.get(feature, {"feature": feature}), theirs.get(feature, {"feature": feature}))
        found += [pair, *_nested_pairs(*pair)]
    return found


def _value(entry: Mapping[str, Any]) -> Any:
    value = entry.get("value")
    return sorted(value) if isinstance(value, list) else value


def _by_id(payload: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for entry in payload["features"]:
        yield entry["id"], entry


def _numbers(payload: Mapping[str, Any]) -> dict[str, int]:
    """Object's id → its number among the objects of its class, as the editor counts them."""
    counts: Counter[str] = Counter()
    found = {}
    for entry in payload["features"]:
        if is_tool(entry["kind"]):
            counts[entry["feature"]] += 1
            found[entry["id"]] = counts[entry["feature"]]
    return found
