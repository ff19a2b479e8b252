"""Numbers as people read them: a narrow space before %, a real minus, commas at thousands, times, ages and dates."""

from __future__ import annotations

import math
from datetime import date, datetime

# Narrow and without a break: a figure and its sign stay on one line.
THIN = "\u202f"
MINUS = "\u2212"
NONE = "\u2013"

MINUTE, HOUR, DAY = 60, 3600, 86400


def whole(value: float | None) -> str:
    """A count: 6603 is "6,603", -484 is "−484"; None is a dash."""
    return NONE if value is None else f"{round(value):,}".replace("-", MINUS)


def signed(value: float) -> str:
    """A change: +142, −484, 0."""
    number = round(value)
    return "0" if number == 0 else f"{number:+,}".replace("-", MINUS)


def decimal(value: float | None, places: int = 1) -> str:
    """20.7; None is a dash. Never "−0.0"."""
    if value is None:
        return NONE
    text = f"{value:,.{places}f}"
    return text[1:] if float(text.replace(",", "")) == 0 and text.startswith("-") else text.replace("-", MINUS)


def percent(share: float | None, places: int = 1) -> str:
    """0.918 is "91.8 %" with a narrow space; None is a dash."""
    return NONE if share is None else f"{decimal(share * 100, places)}{THIN}%"


def score(value: float | None) -> str:
    """A score in 0..1 with three decimals; None is a dash."""
    return decimal(value, 3)


def one_in(chance: float | None) -> str:
    """A small probability as the round number that it is one in: 3e-7 is "1,000,000"; a billion at most."""
    if chance is None:
        return NONE
    return f"{10 ** min(9, int(-math.log10(max(chance, 1e-300)))):,}"


def hours(seconds: float | None) -> str:
    """Seconds as hours with one decimal: 1146240 is "318.4"."""
    return NONE if seconds is None else decimal(seconds / HOUR)


def duration(seconds: float | None) -> str:
    """2:14 under an hour, 2 h 36 min above; None is a dash."""
    if seconds is None:
        return NONE
    total = max(0, math.floor(seconds))
    if total < HOUR:
        return f"{total // MINUTE}:{total % MINUTE:02}"
    return f"{total // HOUR:,} h {total % HOUR // MINUTE} min"


def age(seconds: float | None) -> str:
    """How long something waits, in at most two units: 40 s, 21 min, 1 h 5 min, 3 d 5 h, 17 d; None is a dash."""
    if seconds is None:
        return NONE
    total = max(0, math.floor(seconds))
    if total < MINUTE:
        return f"{total} s"
    for unit, smaller, name, smaller_name in ((HOUR, MINUTE, "h", "min"), (DAY, HOUR, "d", "h")):
        if unit == HOUR and total >= DAY:
            continue
        if total < HOUR:
            return f"{total // MINUTE} min"
        rest = total % unit // smaller
        long_ago = unit == DAY and total >= 10 * DAY
        return f"{total // unit:,} {name}" if rest == 0 or long_ago else f"{total // unit} {name} {rest} {smaller_name}"
    return f"{total} s"


def day(moment: date) -> str:
    """19 Nov."""
    return f"{moment.day} {moment:%b}"


def day_range(since: date, until: date) -> str:
    """6–19 Nov, 28 Oct – 3 Nov, 19 Nov."""
    if since == until:
        return day(since)
    if (since.year, since.month) == (until.year, until.month):
        return f"{since.day}{NONE}{day(until)}"
    return f"{day(since)} {NONE} {day(until)}"


def clock(moment: datetime) -> str:
    """14:32."""
    return f"{moment:%H:%M}"


def count_of(number: int, one: str, many: str = "") -> str:
    """1 label, 6,603 labels."""
    return f"{whole(number)} {one if number == 1 else many or one + 's'}"


def interval(lo: float, hi: float, *, unit: str) -> str:
    """95 % interval in words: "89.3 to 93.8" for unit "percent", "0.912 to 0.951" for "score"."""
    if unit == "percent":
        return f"{decimal(lo * 100)} to {decimal(hi * 100)}"
    return f"{score(lo)} to {score(hi)}"
