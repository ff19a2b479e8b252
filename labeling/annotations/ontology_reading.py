"""Reading an ontology document part by part, collecting every fault on the way."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from labeling.annotations.faults import Fault, member_path, quoted
from labeling.annotations.features import Feature, Option
from labeling.annotations.kinds import CHOICES, TOOLS, Kind, kind_named
from labeling.annotations.limits import (
    MAX_DEFINITION_LENGTH,
    MAX_DEPTH,
    MAX_FEATURES,
    MAX_NAME_LENGTH,
    MAX_OPTIONS,
)
from labeling.annotations.points import check_number, is_number
from labeling.annotations.texts import folded, text_problem

_COLOR = re.compile(r"#[0-9a-fA-F]{6}\Z")
_FEATURE_KEYS = frozenset(
    {
        "uid",
        "name",
        "kind",
        "color",
        "hotkey",
        "definition",
        "is_required",
        "min",
        "max",
        "tolerance",
        "options",
        "questions",
    }
)
_OPTION_KEYS = frozenset({"value", "label", "hotkey", "definition", "questions"})


@dataclass(slots=True)
class OntologyReader:
    """Collects faults while it reads; a place with a fault is read on with a harmless value."""

    faults: list[Fault] = field(default_factory=list)
    uids: set[str] = field(default_factory=set)
    feature_count: int = 0
    option_count: int = 0

    def refuse(self, path: str, code: str, message: str) -> None:
        self.faults.append(Fault(path, code, message))

    def refuse_unknown_keys(self, document: Mapping[object, object], known: frozenset[str], path: str) -> None:
        for key in document:
            if key not in known:
                self.refuse(member_path(path, key), "unknown_key", f"The key {quoted(key)} is not known here.")

    def features(self, value: object, path: str, depth: int) -> tuple[Feature, ...]:
        if not isinstance(value, list | tuple):
            self.refuse(path, "bad_shape", "A list of features is wanted.")
            return ()
        if value and depth > MAX_DEPTH:
            self.refuse(path, "limit_exceeded", f"Questions nest at most {MAX_DEPTH} deep (limit max_depth).")
            return ()
        features: list[Feature] = []
        for index, item in enumerate(value):
            self.feature_count += 1
            if self.feature_count > MAX_FEATURES:
                # Said once; a document far over the limit is not read to its end.
                if self.feature_count == MAX_FEATURES + 1:
                    message = f"An ontology has at most {MAX_FEATURES} features (limit max_features)."
                    self.refuse(f"{path}[{index}]", "limit_exceeded", message)
                break
            feature = self.feature(item, f"{path}[{index}]", depth)
            features.append(feature)
        self.refuse_twins([(f"{path}[{i}].name", feature.name) for i, feature in enumerate(features)], "duplicate_name")
        self.refuse_twins(
            [(f"{path}[{i}].hotkey", feature.hotkey) for i, feature in enumerate(features)], "duplicate_hotkey"
        )
        return tuple(features)

    def feature(self, item: object, path: str, depth: int) -> Feature:
        if not isinstance(item, Mapping):
            self.refuse(path, "bad_shape", "A feature is an object.")
            return Feature("", "", Kind.TEXT)
        self.refuse_unknown_keys(item, _FEATURE_KEYS, path)
        kind = kind_named(item.get("kind"))
        if kind is None:
            kinds = ", ".join(Kind)
            self.refuse(f"{path}.kind", "unknown_kind", f"{quoted(item.get('kind'))} is no kind of feature: {kinds}.")
        elif kind in TOOLS and depth > 1:
            self.refuse(f"{path}.kind", "nested_tool", "A tool cannot stand under a question or another tool.")
        minimum, maximum = self.range_of(item, kind, path)
        return Feature(
            uid=self.uid(item.get("uid"), f"{path}.uid"),
            name=self.name(item.get("name"), f"{path}.name"),
            kind=kind or Kind.TEXT,
            color=self.color(item.get("color"), kind, f"{path}.color"),
            hotkey=self.hotkey(item.get("hotkey"), f"{path}.hotkey"),
            definition=self.text(item.get("definition"), f"{path}.definition", MAX_DEFINITION_LENGTH),
            is_required=self.flag(item.get("is_required"), f"{path}.is_required"),
            minimum=minimum,
            maximum=maximum,
            tolerance=self.amount(item.get("tolerance"), f"{path}.tolerance", is_negative_allowed=False),
            options=self.options(item, kind, path, depth),
            questions=self.questions(item, kind, path, depth),
        )

    def options(self, item: Mapping[str, object], kind: Kind | None, path: str, depth: int) -> tuple[Option, ...]:
        value, path = item.get("options"), f"{path}.options"
        if kind is not None and kind not in CHOICES:
            if value:
                self.refuse(path, "not_allowed", f"A {kind} has no options.")
            return ()
        if not isinstance(value, list | tuple) or not value:
            if kind is not None or value is not None:
                self.refuse(path, "options_missing", "A choice needs a list of options.")
            return ()
        options: list[Option] = []
        for index, option in enumerate(value):
            self.option_count += 1
            if self.option_count > MAX_OPTIONS:
                if self.option_count == MAX_OPTIONS + 1:
                    message = f"An ontology has at most {MAX_OPTIONS} options (limit max_options)."
                    self.refuse(f"{path}[{index}]", "limit_exceeded", message)
                break
            options.append(self.option(option, f"{path}[{index}]", depth))
        self.refuse_twins(
            [(f"{path}[{i}].value", option.value) for i, option in enumerate(options)], "duplicate_value", fold=False
        )
        self.refuse_twins([(f"{path}[{i}].label", option.label) for i, option in enumerate(options)], "duplicate_name")
        self.refuse_twins(
            [(f"{path}[{i}].hotkey", option.hotkey) for i, option in enumerate(options)], "duplicate_hotkey"
        )
        return tuple(options)

    def option(self, item: object, path: str, depth: int) -> Option:
        if not isinstance(item, Mapping):
            self.refuse(path, "bad_shape", "An option is an object.")
            return Option("", "")
        self.refuse_unknown_keys(item, _OPTION_KEYS, path)
        value = self.text(item.get("value"), f"{path}.value", MAX_NAME_LENGTH)
        if _is_blank(item.get("value")):
            self.refuse(f"{path}.value", "empty_value", "An option needs a value, its stable id.")
        return Option(
            value=value,
            label=self.name(item.get("label"), f"{path}.label"),
            hotkey=self.hotkey(item.get("hotkey"), f"{path}.hotkey"),
            definition=self.text(item.get("definition"), f"{path}.definition", MAX_DEFINITION_LENGTH),
            questions=self.features(item.get("questions") or [], f"{path}.questions", depth + 1),
        )

    def questions(self, item: Mapping[str, object], kind: Kind | None, path: str, depth: int) -> tuple[Feature, ...]:
        value = item.get("questions")
        if value and kind is not None and kind not in TOOLS:
            message = "Questions stand under a tool or an option."
            self.refuse(f"{path}.questions", "not_allowed", message)
            return ()
        return self.features(value or [], f"{path}.questions", depth + 1)

    def range_of(self, item: Mapping[str, object], kind: Kind | None, path: str) -> tuple[float | None, float | None]:
        is_count = kind != Kind.NUMBER
        bounds: list[float | None] = []
        for key in ("min", "max"):
            bound = self.amount(item.get(key), f"{path}.{key}", is_negative_allowed=not is_count)
            if bound is not None and kind == Kind.RADIO:
                self.refuse(f"{path}.{key}", "not_allowed", "Of a radio exactly one option is chosen.")
            elif bound is not None and is_count and bound != int(bound):
                self.refuse(f"{path}.{key}", "not_whole", "A count is a whole number.")
            bounds.append(bound)
        minimum, maximum = bounds
        if minimum is not None and maximum is not None and minimum > maximum:
            self.refuse(f"{path}.min", "min_above_max", f"min {minimum:g} is above max {maximum:g}.")
        options = item.get("options")
        if (
            kind == Kind.CHECKLIST
            and minimum is not None
            and isinstance(options, list | tuple)
            and minimum > len(options)
        ):
            self.refuse(f"{path}.min", "min_above_options", f"There are only {len(options)} options to choose.")
        return minimum, maximum

    def amount(self, value: object, path: str, *, is_negative_allowed: bool) -> float | None:
        if value is None:
            return None
        fault = check_number(value, path)
        if fault is not None:
            self.faults.append(fault)
            return None
        if not is_number(value) or (value < 0 and not is_negative_allowed):
            self.refuse(path, "negative", "A number of at least 0 is wanted.")
            return None
        return value

    def uid(self, value: object, path: str) -> str:
        uid = self.text(value, path, MAX_NAME_LENGTH)
        if _is_blank(value):
            self.refuse(path, "empty_uid", "A feature needs a uid.")
        elif uid in self.uids:
            self.refuse(path, "duplicate_uid", f"The uid {quoted(uid)} stands twice in the ontology.")
        elif uid:
            self.uids.add(uid)
        return uid

    def name(self, value: object, path: str) -> str:
        name = self.text(value, path, MAX_NAME_LENGTH)
        if _is_blank(value):
            self.refuse(path, "empty_name", "A name is needed.")
        return name

    def text(self, value: object, path: str, max_length: int) -> str:
        if value is None:
            return ""
        if not isinstance(value, str):
            self.refuse(path, "bad_shape", f"A text is wanted, not {quoted(value)}.")
            return ""
        problem = text_problem(value)
        if problem is not None:
            self.refuse(path, *problem)
            return ""
        if len(value) > max_length:
            self.refuse(path, "limit_exceeded", f"At most {max_length} characters (limit max_length).")
        return value

    def color(self, value: object, kind: Kind | None, path: str) -> str:
        if kind is not None and kind not in TOOLS:
            if value:
                self.refuse(path, "not_allowed", "Only tools have a colour.")
            return ""
        if kind is None and not value:
            return ""
        if not isinstance(value, str) or not _COLOR.match(value):
            self.refuse(path, "bad_color", f"A colour is written #rrggbb, not {quoted(value)}.")
            return ""
        return value

    def hotkey(self, value: object, path: str) -> str:
        hotkey = self.text(value, path, MAX_NAME_LENGTH)
        if hotkey and (len(hotkey) != 1 or not hotkey.isprintable() or hotkey.isspace()):
            self.refuse(path, "bad_hotkey", "A hotkey is one visible character.")
            return ""
        return hotkey

    def flag(self, value: object, path: str) -> bool:
        if value is None or isinstance(value, bool):
            return bool(value)
        self.refuse(path, "bad_shape", "true or false is wanted.")
        return False

    def refuse_twins(self, places: Iterable[tuple[str, str]], code: str, *, fold: bool = True) -> None:
        seen: set[str] = set()
        for path, text in places:
            key = folded(text) if fold else text
            if key and key in seen:
                self.refuse(path, code, f"{quoted(text)} stands twice among siblings.")
            seen.add(key)


def _is_blank(value: object) -> bool:
    """Whether a text that is needed is missing; what is no text at all has its own fault."""
    return value is None or (isinstance(value, str) and not value.strip())
