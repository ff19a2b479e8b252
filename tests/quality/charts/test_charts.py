"""Geometry of the charts, by worked values."""

from datetime import date

import pytest

from quality.charts.cumulative_flow import FlowDay, cumulative_flow, days_from_label_to_done
from quality.charts.day_bars import DayValue, day_bars
from quality.charts.range_bar import range_bar
from quality.charts.scales import Scale, round_ticks
from quality.charts.scatter import Point, Scatter, speed_quality_scatter, standing_of
from quality.charts.time_bar import TimePart, stacked_time_bar


# --- Scales -----------------------------------------------------------------------------------------------------
def test_a_scale_maps_straight_and_holds_what_lies_outside_at_its_edge() -> None:
    scale = Scale(60, 100, 0, 80)
    assert [scale.at(value) for value in (60, 80, 100, 40, 120)] == [0, 40, 80, 0, 80]


@pytest.mark.parametrize(
    "low, high, most, ticks",
    [
        (0, 12000, 4, [0, 3000, 6000, 9000, 12000]),
        (61, 95, 8, [60, 65, 70, 75, 80, 85, 90, 95]),
        (11.3, 30.7, 5, [10, 15, 20, 25, 30, 35]),
        (0, 0, 4, [0, 0.25, 0.5, 0.75, 1]),
    ],
)
def test_ticks_are_round(low: float, high: float, most: int, ticks: list[float]) -> None:
    assert round_ticks(low, high, most=most) == ticks


# --- Range bar --------------------------------------------------------------------------------------------------
def test_a_range_bar_has_its_band_dot_and_tick_on_one_scale() -> None:
    bar = range_bar(0.8, 0.7, 0.9, 100, scale_lo=0.6, scale_hi=1.0, target=0.85)
    # 5 px at each edge leave 102 px for 0.6 to 1.0.
    assert (bar.dot, bar.band, bar.tick) == (56.0, (30.5, 81.5), 68.75)
    assert not bar.is_bad
    assert bar.text == "80.0\u202f%, 95\u202f% interval 70.0 to 90.0, n 100"


def test_it_is_bad_only_when_the_whole_interval_lies_under_the_target() -> None:
    assert range_bar(0.7, 0.65, 0.75, 300, target=0.8).is_bad
    assert not range_bar(0.7, 0.55, 0.85, 30, target=0.8).is_bad
    assert range_bar(0.3, 0.25, 0.35, 300, target=0.2, less_is_better=True).is_bad
    assert not range_bar(0.7, 0.65, 0.75, 150, target=0.8, judged_from=200).is_bad


def test_under_ten_there_is_no_band_and_it_says_so() -> None:
    bar = range_bar(1.0, 0.6, 1.0, 7, target=0.9)
    assert bar.band is None and bar.dot is not None and not bar.is_bad
    assert bar.text == "n 7, too few"


def test_without_a_value_nothing_is_drawn() -> None:
    bar = range_bar(None, 0.0, 1.0, 0)
    assert bar.dot is None and bar.band is None
    assert bar.text == "n 0, no value yet"


def test_a_score_is_written_as_a_score() -> None:
    assert range_bar(0.938, 0.91, 0.96, 41, unit="score").text == "0.938, 95\u202f% interval 0.910 to 0.960, n 41"


# --- Day bars ---------------------------------------------------------------------------------------------------
def days(*values: float) -> list[DayValue]:
    last = len(values) - 1
    return [DayValue(date(2026, 11, 1 + n), value, is_finished=n != last) for n, value in enumerate(values)]


def test_bars_start_at_zero_and_the_largest_and_last_carry_their_number() -> None:
    chart = day_bars(days(50, 100, 25, 75), width=160, height=120)
    # Base at 100, top at 18: 82 px for the largest.
    assert [bar.height for bar in chart.bars] == [41, 82, 20.5, 61.5]
    assert [bar.label for bar in chart.bars] == ["", "100", "", "75"]
    assert [bar.is_finished for bar in chart.bars] == [True, True, True, False]
    assert all(bar.y + bar.height == chart.base for bar in chart.bars)


def test_days_without_work_are_left_out() -> None:
    chart = day_bars(days(5, 0, 0, 8))
    assert [bar.axis for bar in chart.bars] == ["1", "4"]
    assert day_bars([]).bars == ()


def test_an_unfinished_day_says_so() -> None:
    assert day_bars(days(3), unit="labels").bars[0].title == "1 Nov: 3 labels, day not finished"


# --- Time bar ---------------------------------------------------------------------------------------------------
def test_parts_are_as_wide_as_their_share() -> None:
    parts = [
        TimePart("Labeling", 6000, "series-1"),
        TimePart("Review", 3000, "series-2"),
        TimePart("Rework", 1000, "warn"),
    ]
    bar = stacked_time_bar(parts, width=104)
    # 100 px and two gaps of 2 px.
    assert [(one.x, one.width) for one in bar.segments] == [(0, 60), (62, 30), (94, 10)]
    assert [one.share for one in bar.segments] == [0.6, 0.3, 0.1]
    assert stacked_time_bar([TimePart("Labeling", 0, "series-1")]).segments == ()


# --- Scatter ----------------------------------------------------------------------------------------------------
def person(name: str, speed: float, share: float, half: float = 0.03, standing: str = "open") -> Point:
    return Point(name, speed, share, share - half, share + half, 300, standing)  # type: ignore[arg-type]


def scatter(points: list[Point]) -> Scatter:
    chart = speed_quality_scatter(points)
    assert chart is not None
    return chart


def test_the_medians_make_the_quadrants() -> None:
    chart = scatter([person("A", 10, 0.7), person("B", 20, 0.8), person("C", 30, 0.9)])
    middle = chart.marks[1]
    assert (chart.median_x, chart.median_y) == (middle.x, middle.y)
    assert (chart.median_speed, chart.median_share) == ("median 20.0", "median 80.0")
    assert chart.marks[0].x < middle.x < chart.marks[2].x and chart.marks[0].y > middle.y > chart.marks[2].y


def test_an_interval_stands_around_its_mark() -> None:
    mark = scatter([person("A", 10, 0.7), person("B", 20, 0.8)]).marks[0]
    assert mark.top < mark.y < mark.bottom
    assert mark.title == (
        "A: 10.0 an active hour, 70.0\u202f% approved at first review, 95\u202f% interval 67.0 to 73.0, n 300"
    )


def boxes_of(chart: Scatter) -> list[tuple[float, float, float, float]]:
    found = []
    for mark in chart.marks:
        if mark.label is not None:
            width = len(mark.label.words) * 6.4
            left = {"start": mark.label.x, "end": mark.label.x - width}.get(mark.label.anchor, mark.label.x - width / 2)
            found.append((left, mark.label.y - 11, left + width, mark.label.y + 4))
    return found


def test_names_never_lie_on_each_other() -> None:
    crowd = [person(f"Somebody {n}", 20 + n * 0.15, 0.85 + 0.004 * (n % 4)) for n in range(15)]
    boxes = boxes_of(scatter(crowd))
    assert len(boxes) >= 4
    for n, a in enumerate(boxes):
        for b in boxes[n + 1 :]:
            assert not (a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3])


def test_above_fifteen_people_only_those_told_apart_are_named() -> None:
    crowd = [person(f"Person {n}", 10 + n * 3, 0.6 + n * 0.015) for n in range(15)]
    told = person("Told apart", 60, 0.95, standing="above")
    assert {mark.name for mark in scatter([*crowd, told]).marks if mark.label} == {"Told apart"}


def test_told_apart_needs_the_whole_interval_and_enough_cases() -> None:
    assert standing_of(0.81, 0.9, 0.8, 300) == "above"
    assert standing_of(0.6, 0.79, 0.8, 300) == "below"
    assert standing_of(0.6, 0.81, 0.8, 300) == "open"
    assert standing_of(0.6, 0.79, 0.8, 152, judged_from=200) == "open"


def test_nobody_makes_no_picture() -> None:
    assert speed_quality_scatter([]) is None


# --- Cumulative flow --------------------------------------------------------------------------------------------
LINE = [
    FlowDay("5", 800, 180, 140),
    FlowDay("6", 800, 240, 200),
    FlowDay("9", 1200, 300, 240),
    FlowDay("now", 1200, 360, 300),
]


def test_bands_are_what_lies_between_the_totals() -> None:
    chart = cumulative_flow(LINE)
    assert chart is not None
    assert [(label.name, label.value) for label in chart.labels] == [
        ("Queue and labeling", "840"),
        ("Review and rework", "60"),
        ("Done", "300"),
    ]
    assert [tick.words for tick in chart.y_ticks] == ["0", "300", "600", "900", "1,200"]
    assert chart.done_line == "M44.0 264.27L220.0 250.67L396.0 241.6L572.0 228.0"


def test_rows_enter_in_a_step_that_is_named() -> None:
    chart = cumulative_flow(LINE)
    assert chart is not None
    assert [(step.x, step.words) for step in chart.steps] == [(396.0, "+400")]
    assert chart.queue_line.startswith("M44.0 114.67L220.0 114.67L396.0 114.67L396.0 24.0")


def test_the_arrow_measures_from_label_to_done() -> None:
    # 300 rows are done now; 300 were labeled one day ago.
    assert days_from_label_to_done(LINE) == 1.0
    chart = cumulative_flow(LINE)
    assert chart is not None and chart.arrow is not None
    assert (chart.arrow.x2, chart.arrow.words) == (396.0, "1.0 working days from label to done")
    assert days_from_label_to_done([FlowDay("a", 10, 5, 0), FlowDay("now", 10, 5, 2)]) is None
    assert days_from_label_to_done([FlowDay("a", 10, 0, 0), FlowDay("now", 10, 5, 0)]) is None


def test_totals_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="done <= labeled <= entered"):
        cumulative_flow([FlowDay("a", 10, 5, 6), FlowDay("b", 10, 5, 5)])
    assert cumulative_flow([FlowDay("a", 10, 5, 5)]) is None
