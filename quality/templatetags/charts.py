"""One tag per kind of chart, and the filters that write numbers as people read them. Geometry: ``quality.charts``."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

from django import template
from django.template.loader import render_to_string
from django.templatetags.static import static

from quality.charts import words
from quality.charts.cumulative_flow import FlowDay
from quality.charts.cumulative_flow import cumulative_flow as flow_geometry
from quality.charts.day_bars import DayValue
from quality.charts.day_bars import day_bars as day_bars_geometry
from quality.charts.overlay import Overlay
from quality.charts.range_bar import range_bar as range_bar_geometry
from quality.charts.scatter import Point
from quality.charts.scatter import speed_quality_scatter as scatter_geometry
from quality.charts.time_bar import TimePart
from quality.charts.time_bar import stacked_time_bar as time_bar_geometry

register = template.Library()


# --- Charts -----------------------------------------------------------------------------------------------------
@register.inclusion_tag("quality/charts/range_bar.html")
def range_bar(  # noqa: PLR0917 (a tag's arguments stand in a row)
    value: float | None,
    lo: float | None,
    hi: float | None,
    n: int,
    scale_lo: float = 0.0,
    scale_hi: float = 1.0,
    target: float | None = None,
    unit: str = "percent",
    less_is_better: bool = False,
    judged_from: int = 0,
) -> dict[str, Any]:
    bar = range_bar_geometry(
        value,
        lo,
        hi,
        n,
        scale_lo=float(scale_lo),
        scale_hi=float(scale_hi),
        target=target,
        unit=unit,
        less_is_better=less_is_better,
        judged_from=judged_from,
    )
    return {"bar": bar}


@register.inclusion_tag("quality/charts/day_bars.html")
def day_bars(values: Sequence[DayValue], unit: str = "") -> dict[str, Any]:
    return {"chart": day_bars_geometry(values, unit=unit)}


@register.inclusion_tag("quality/charts/time_bar.html")
def stacked_time_bar(parts: Sequence[TimePart]) -> dict[str, Any]:
    return {"chart": time_bar_geometry(parts)}


@register.inclusion_tag("quality/charts/scatter.html")
def speed_quality_scatter(points: Sequence[Point]) -> dict[str, Any]:
    return {"chart": scatter_geometry(points)}


@register.inclusion_tag("quality/charts/cumulative_flow.html")
def cumulative_flow(days: Sequence[FlowDay], middle_is_warned: bool = False) -> dict[str, Any]:
    return {"chart": flow_geometry(days, middle_is_warned=middle_is_warned)}


@register.inclusion_tag("quality/charts/overlay.html")
def overlay(drawing: Overlay, picture: str = "", is_small: bool = False) -> dict[str, Any]:
    """All opinions, or one, over the picture; without a picture the shapes stand on the canvas' ground."""
    return {"drawing": drawing, "picture": picture, "is_small": is_small}


@register.inclusion_tag("quality/charts/swatch.html")
def swatch(style: str) -> dict[str, Any]:
    """The colour and line style that stand for a person in overlays."""
    return {"style": style}


@register.simple_tag
def icon(name: str) -> Any:
    return render_to_string("quality/_icon.html", {"address": f"{static('icons.svg')}#i-{name}"})


# --- Numbers ----------------------------------------------------------------------------------------------------
# What is missing reaches a filter as an empty text.
def _plain(write: Callable[[Any], str]) -> Callable[[Any], str]:
    return lambda value: write(None if value == "" else value)


def _with_places(write: Callable[[Any, int], str]) -> Callable[[Any, int], str]:
    def of_template(value: Any, places: int = 1) -> str:
        return write(None if value == "" else value, places)

    return of_template


for _name, _write in (
    ("whole", words.whole),
    ("signed", words.signed),
    ("score", words.score),
    ("one_in", words.one_in),
    ("hours", words.hours),
    ("duration", words.duration),
    ("age", words.age),
):
    register.filter(_name, _plain(_write))
register.filter("decimal", _with_places(words.decimal))
register.filter("percent", _with_places(words.percent))


@register.filter
def percent_number(share: float | None) -> str:
    """A share as a number of per cent without the sign, for columns whose head says %."""
    return words.decimal(None if share is None else share * 100)


@register.filter
def short_day(moment: date | None) -> str:
    return words.NONE if moment is None else words.day(moment)


@register.filter
def percent_whole(share: float) -> str:
    """Where a scale starts: 0.6 is 60."""
    return words.decimal(share * 100, 0)


@register.filter
def initials(name: str) -> str:
    """The letters in an avatar: first and last word."""
    parts = [part for part in name.split() if part[0].isalnum()]
    return "".join(part[0] for part in (parts[:1] + parts[1:][-1:])).upper()


@register.simple_tag
def share_of(part: float, whole: float) -> str:
    return words.percent(part / whole if whole else None)


@register.simple_tag
def age_of(moment: datetime, now: datetime) -> str:
    return words.age((now - moment).total_seconds())


@register.inclusion_tag("quality/charts/busy_bar.html")
def busy_bar(share: float, is_warned: bool = False) -> dict[str, Any]:
    return {"width": round(100 * min(1.0, max(0.0, share)), 1), "is_warned": is_warned}
