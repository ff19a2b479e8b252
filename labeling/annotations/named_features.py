"""From names to uids: files name features and options, payloads point at them by uid and value."""

from collections.abc import Callable, Mapping, Sequence

from labeling.annotations.faults import Fault, quoted
from labeling.annotations.features import Feature, Ontology, Option
from labeling.annotations.kinds import CHOICES, Kind
from labeling.annotations.texts import folded


def with_uids(
    ontology: Ontology, features: Sequence[Mapping[str, object]], *, new_id: Callable[[], str]
) -> tuple[dict[str, object], tuple[Fault, ...]]:
    """The payload of features that a file names, and a fault for every name the ontology does not have.

    A feature is found among its siblings by uid, else by name (NFC, without case); an option by value, else by label.
    Ids are new, so the same file may be read for many labels. What has a fault is left out. The payload still wants
    `check_payload`.
    """
    faults: list[Fault] = []
    named = _Naming(new_id, faults)
    return {"features": named.entries(features, ontology.features, "features"), "relations": []}, tuple(faults)


class _Naming:
    def __init__(self, new_id: Callable[[], str], faults: list[Fault]) -> None:
        self.new_id = new_id
        self.faults = faults

    def entries(
        self, entries: Sequence[Mapping[str, object]], offered: Sequence[Feature], path: str
    ) -> list[dict[str, object]]:
        found: list[dict[str, object]] = []
        by_uid = {feature.uid: feature for feature in offered}
        by_name = {folded(feature.name): feature for feature in offered}
        for index, entry in enumerate(entries):
            name = str(entry.get("feature", ""))
            feature = by_uid.get(name) or by_name.get(folded(name))
            if feature is None:
                message = f"The ontology has no feature {quoted(name)} here."
                self.faults.append(Fault(f"{path}[{index}].feature", "unknown_feature", message))
            else:
                found.append(self.entry(entry, feature, f"{path}[{index}]"))
        return found

    def entry(self, entry: Mapping[str, object], feature: Feature, path: str) -> dict[str, object]:
        value, chosen = self.value(entry.get("value"), feature)
        questions = [*feature.questions, *(question for option in chosen for question in option.questions)]
        nested = entry.get("nested")
        return {
            "feature": feature.uid,
            "kind": entry.get("kind", feature.kind.value),
            "id": self.new_id(),
            "value": value,
            "nested": self.entries(nested if isinstance(nested, list | tuple) else (), questions, f"{path}.nested"),
        }

    def value(self, value: object, feature: Feature) -> tuple[object, list[Option]]:
        """Options by value where they are named by label; anything unknown stays for `check_payload` to refuse."""
        if feature.kind not in CHOICES:
            return value, []
        by_label = {folded(option.label): option for option in feature.options}
        by_value = {option.value: option for option in feature.options}
        names = [value] if feature.kind == Kind.RADIO else value if isinstance(value, list | tuple) else []
        options = [
            (by_value.get(name) or by_label.get(folded(name))) if isinstance(name, str) else None for name in names
        ]
        values = [option.value if option else name for option, name in zip(options, names, strict=True)]
        chosen = [option for option in options if option is not None]
        if feature.kind == Kind.RADIO:
            return values[0], chosen
        return (values if isinstance(value, list | tuple) else value), chosen
