"""Answers: radio `"option"`, checklist `["option", …]`, text `"…"`, number `3.5`."""

from collections.abc import Iterator, Sequence

from labeling.annotations.faults import Fault, quoted
from labeling.annotations.kinds import Kind
from labeling.annotations.points import check_number, is_number
from labeling.annotations.texts import text_problem


def check_radio(value: object, path: str, options: frozenset[str] | None) -> Iterator[Fault]:
    """Faults of one chosen option; `options` are the values the question offers, None when any text will do."""
    yield from _check_option(value, path, options)


def check_checklist(value: object, path: str, options: frozenset[str] | None) -> Iterator[Fault]:
    """Faults of chosen options: each offered, none twice. None chosen is a value."""
    if not isinstance(value, list | tuple):
        yield Fault(path, "bad_shape", "A checklist answer is a list of options.")
        return
    seen: set[str] = set()
    for index, option in enumerate(value):
        yield from _check_option(option, f"{path}[{index}]", options)
        if isinstance(option, str):
            if option in seen:
                yield Fault(f"{path}[{index}]", "chosen_twice", f"{quoted(option)} is chosen twice.")
            seen.add(option)


def check_text(value: object, path: str) -> Iterator[Fault]:
    """Faults of one text: a string without NUL and lone surrogates."""
    if not isinstance(value, str):
        yield Fault(path, "bad_shape", f"A text is wanted, not {quoted(value)}.")
        return
    problem = text_problem(value)
    if problem is not None:
        yield Fault(path, *problem)


def check_number_answer(value: object, path: str) -> Iterator[Fault]:
    """Faults of one number: finite, and no boolean."""
    fault = check_number(value, path)
    if fault is not None:
        yield fault


def amount_of(kind: Kind, value: object) -> float:
    """What `min` and `max` are compared with: options chosen, code points of a text, the number itself."""
    if kind == Kind.NUMBER and is_number(value):
        return float(value)
    if kind in (Kind.CHECKLIST, Kind.TEXT) and isinstance(value, Sequence):
        return float(len(value))
    raise ValueError(f"{kind} has no amount")


def is_blank(value: object) -> bool:
    """Whether the value answers nothing: no option chosen, or text of blanks only. Does not satisfy `is_required`."""
    return (isinstance(value, list | tuple) and not value) or (isinstance(value, str) and not value.strip())


def chosen_options(kind: Kind, value: object) -> frozenset[str]:
    """The options an answer chose; empty for text and number."""
    if kind == Kind.RADIO and isinstance(value, str):
        return frozenset({value})
    if kind == Kind.CHECKLIST and isinstance(value, list | tuple):
        return frozenset(option for option in value if isinstance(option, str))
    return frozenset()


def _check_option(value: object, path: str, options: frozenset[str] | None) -> Iterator[Fault]:
    if not isinstance(value, str):
        yield Fault(path, "bad_shape", f"An option is named by its text, not {quoted(value)}.")
        return
    problem = text_problem(value)
    if problem is not None:
        yield Fault(path, *problem)
    elif options is not None and value not in options:
        yield Fault(path, "unknown_option", f"The question has no option {quoted(value)}.")
