"""Filling what a person leaves blank in an ontology: uids, option values, colours of tools and hotkeys."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from labeling.annotations.kinds import is_tool
from labeling.annotations.limits import MAX_DEPTH

# In this order (looks.md section 3): the first n are far apart for every n, also for people with red-green blindness.
CLASS_COLORS: Final = (
    "#3388FF", "#FFDD00", "#665500", "#00EEDD", "#992277", "#EE7722",
    "#009988", "#BB5555", "#5522EE", "#00CCFF", "#BBEEAA", "#FF77AA",
)  # fmt: skip
_HOTKEYS: Final = "123456789"


def complete_ontology(
    document: Mapping[str, object], new_uid: Callable[[], str], palette: Sequence[str] = CLASS_COLORS
) -> dict[str, object]:
    """A copy of the document with blanks filled; what is there already is never changed, nothing is checked.

    Every feature without uid and every option without value gets `new_uid()`, in the order of the document. Tools
    without colour get the next free colour of the palette; when all are taken, the least used, first in order (the
    editor then dashes the stroke). The first features without hotkey get the free ones of 1 to 9, only at the top:
    inside an object or a question the digits mean something else.
    """
    features = document.get("features")
    if not isinstance(features, list | tuple):
        return dict(document)
    filled = [_with_uids(feature, new_uid, depth=1) for feature in features]
    _fill_colors([feature for feature in filled if isinstance(feature, dict)], palette)
    _fill_hotkeys([feature for feature in filled if isinstance(feature, dict)])
    return {**document, "features": filled}


def _with_uids(feature: object, new_uid: Callable[[], str], depth: int) -> object:
    if not isinstance(feature, Mapping) or depth > MAX_DEPTH:
        return feature
    filled = dict(feature)
    if not filled.get("uid"):
        filled["uid"] = new_uid()
    options = filled.get("options")
    if isinstance(options, list | tuple):
        filled["options"] = [_option_with_value(option, new_uid, depth) for option in options]
    _fill_questions(filled, new_uid, depth)
    return filled


def _option_with_value(option: object, new_uid: Callable[[], str], depth: int) -> object:
    if not isinstance(option, Mapping):
        return option
    filled = dict(option)
    if not filled.get("value"):
        filled["value"] = new_uid()
    _fill_questions(filled, new_uid, depth)
    return filled


def _fill_questions(parent: dict[str, object], new_uid: Callable[[], str], depth: int) -> None:
    questions = parent.get("questions")
    if isinstance(questions, list | tuple):
        parent["questions"] = [_with_uids(question, new_uid, depth + 1) for question in questions]


def _fill_colors(features: list[dict[str, object]], palette: Sequence[str]) -> None:
    tools = [feature for feature in features if is_tool(feature.get("kind"))]
    uses = Counter({color.upper(): 0 for color in palette})
    uses.update(str(tool["color"]).upper() for tool in tools if tool.get("color"))
    for tool in tools:
        if not tool.get("color") and palette:
            color = min(palette, key=lambda candidate: uses[candidate.upper()])
            tool["color"] = color
            uses[color.upper()] += 1


def _fill_hotkeys(features: list[dict[str, object]]) -> None:
    taken = {feature.get("hotkey") for feature in features if isinstance(feature.get("hotkey"), str)}
    free = iter([key for key in _HOTKEYS if key not in taken])
    for feature in features:
        if not feature.get("hotkey"):
            hotkey = next(free, None)
            if hotkey is None:
                return
            feature["hotkey"] = hotkey
