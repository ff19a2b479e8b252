"""From the figures of the rule to what the performance tab draws and says. Nothing here reads a row."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from quality.admin.links import Doors
from quality.charts.day_bars import DayValue
from quality.charts.range_bar import SHOWN_FROM
from quality.charts.scatter import Point, Standing, median_of, standing_of
from quality.charts.time_bar import TimePart
from quality.charts.words import day, decimal, percent, score, whole
from quality.performance import ENOUGH, Conversation, Mean, PersonPerformance, ProjectPerformance, Rate, Seconds

PRESETS = {
    "today": (1, "Today"),
    "7d": (7, "Last 7 days"),
    "14d": (14, "Last 14 days"),
    "30d": (30, "Last 30 days"),
    "90d": (90, "Last 90 days"),
}
DEFAULT_DAYS = "14d"
MOST_TALKS = 4
MEASURE_WORDS = {
    "approval": "approved at first review",
    "first_pass": "passed without an edit",
    "consensus": "agreement with the others",
    "benchmark": "benchmark accuracy",
}


@dataclass(frozen=True)
class Talk:
    """One person worth a conversation: the chip's words and tone, sentences with their evidence, the rows behind it."""

    person: PersonPerformance
    chip: str
    tone: str
    sentences: tuple[str, ...]
    sent_back: int
    link: str


@dataclass(frozen=True)
class Conversations:
    talks: tuple[Talk, ...]
    # Newcomers beyond those shown, by name.
    also_new: tuple[str, ...]
    out_of: int
    above: tuple[str, ...]
    rest: int

    @property
    def count(self) -> int:
        return len(self.talks) + len(self.also_new)

    def chip_of(self, uid: str) -> Talk | None:
        return next((talk for talk in self.talks if talk.person.uid == uid), None)


# --- Charts -----------------------------------------------------------------------------------------------------
def day_values(found: ProjectPerformance, today: date, doors: Doors) -> list[DayValue]:
    return [DayValue(one.day, one.units, one.day != today, doors.day(one.day)) for one in found.days if one.units]


def time_parts(seconds: Seconds) -> list[TimePart]:
    return [
        TimePart("Labeling", seconds.labeling, "series-1"),
        TimePart("Review", seconds.review, "series-2"),
        TimePart("Rework", seconds.rework, "warn"),
    ]


def points_of(people: Sequence[PersonPerformance], doors: Doors) -> list[Point]:
    """People with a speed and enough first reviews to draw an interval; told apart from the median of these."""
    shown = [one for one in people if one.figures.units_per_hour is not None and one.figures.approval.n >= SHOWN_FROM]
    middle = median_of([one.figures.approval.value for one in shown]) or 0.0
    return [
        Point(
            name=one.name,
            speed=one.figures.units_per_hour or 0.0,
            share=one.figures.approval.value or 0.0,
            lo=one.figures.approval.low,
            hi=one.figures.approval.high,
            n=one.figures.approval.n,
            standing=_standing(one.figures.approval, middle),
            href=doors.labels(one.uid),
        )
        for one in shown
    ]


def _standing(approval: Rate, middle: float) -> Standing:
    return standing_of(approval.low, approval.high, middle, approval.n, judged_from=ENOUGH)


def is_surely_below(one: PersonPerformance, middle: float | None) -> bool:
    return middle is not None and _standing(one.figures.approval, middle) == "below"


def scale_from(lows: Sequence[float | None]) -> float:
    """Where the scale of a column of shares starts: a round value under all intervals, at most 0.9."""
    known = [low for low in lows if low is not None]
    return min(0.9, max(0.0, int(min(known) * 10) / 10)) if known else 0.0


# --- Worth a conversation ---------------------------------------------------------------------------------------
def conversations_of(found: ProjectPerformance, people: Sequence[PersonPerformance], doors: Doors) -> Conversations:
    shown = {one.uid for one in people}
    by_person: dict[str, list[Conversation]] = {}
    for one in found.worth_a_conversation:
        if one.person.uid in shown:
            by_person.setdefault(one.person.uid, []).append(one)
    makers = [one for one in people if one.figures.approval.n >= SHOWN_FROM]
    speed = median_of([one.figures.units_per_hour for one in makers])
    talks = tuple(_talk(reasons, speed, doors) for reasons in by_person.values())
    middle = median_of([one.figures.approval.value for one in makers])
    above = tuple(
        one.name for one in makers if middle is not None and _standing(one.figures.approval, middle) == "above"
    )
    rest = sum(one.uid not in by_person and one.name not in above for one in people if one.figures.rows)
    low = [talk for talk in talks if talk.tone]
    new = [talk for talk in talks if not talk.tone]
    room = max(1, MOST_TALKS - len(low))
    also_new = tuple(talk.person.name for talk in new[room:])
    return Conversations((*low, *new[:room]), also_new, sum(bool(one.figures.rows) for one in people), above, rest)


def _talk(reasons: Sequence[Conversation], speed: float | None, doors: Doors) -> Talk:
    person = reasons[0].person
    low = [one for one in reasons if one.why == "low"]
    if not low:
        again = reasons[0].look_again_on
        chip, tone = "New", ""
        sentences: tuple[str, ...] = (_so_far(person), f"Look again on {day(again)}." if again else "")
    else:
        own = person.figures.units_per_hour
        is_fast = own is not None and speed is not None and own > speed
        chip, tone = ("Coach", "bad") if is_fast else ("Train", "bad")
        pace = f"{decimal(own)} an active hour; the median is {decimal(speed)}." if own is not None else ""
        sentences = (pace, *(_low_in_words(one, is_first=one is low[0]) for one in low))
    sent_back = sent_back_of(person.figures.approval)
    link = doors.labels(person.uid, **({"status": "sent_back"} if sent_back else {}))
    return Talk(person, chip, tone, tuple(filter(None, sentences)), sent_back, link)


def sent_back_of(approval: Rate) -> int:
    return approval.n - approval.k


def _so_far(person: PersonPerformance) -> str:
    approval = person.figures.approval
    started = f"Started {day(person.first_day)}" if person.first_day else "New here"
    if approval.n < SHOWN_FROM:
        return f"{started}; {whole(approval.n)} first reviews so far, too few to say."
    return (
        f"{started}; approval {percent(approval.low, 0)} to {percent(approval.high, 0)} so far (n {whole(approval.n)})."
    )


def _low_in_words(one: Conversation, *, is_first: bool) -> str:
    measured: Rate | Mean = getattr(one.person.figures, one.measure)
    write = percent if isinstance(measured, Rate) else score
    what = MEASURE_WORDS[one.measure]
    if not is_first:
        return f"Also {write(measured.value)} {what} (n {whole(measured.n)}; median {write(one.median)})."
    told = f"{write(measured.value)} {what} (n {whole(measured.n)})"
    return f"{told}, all of the interval under the median {write(one.median)}."
