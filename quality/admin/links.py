"""Doors between pages: from a figure to its rows and to its formula, and the address of the live socket."""

from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from django.urls import reverse

from labeling.models import Project

SOCKET = "/ws/live/"


def labels_link(project: Project, labeler: str = "", **filters: str) -> str:
    """The labels list with the filters of a figure."""
    values = {"project": str(project.uid), **({"labeler": labeler} if labeler else {}), **filters}
    return f"{reverse('admin:labels')}?{urlencode(values)}"


@dataclass(frozen=True)
class Doors:
    """The way from figures of some days, and of some team, to the labels behind them."""

    project: Project
    since: date
    until: date
    team: str = ""

    def labels(self, labeler: str = "", **filters: str) -> str:
        days = {"from": self.since.isoformat(), "to": self.until.isoformat()}
        team = {"team": self.team} if self.team else {}
        # Gold is nobody's work of these days.
        return labels_link(self.project, labeler, **{"kind": "opinion", **team, **days, **filters})

    def day(self, day: date) -> str:
        return self.labels(**{"from": day.isoformat(), "to": day.isoformat()})


def formula_link(measure: str) -> str:
    return f"{reverse('admin:formulas')}#{measure}"


def rows_link(project: Project, figure: str) -> str:
    """The rows of a project behind a figure of the line."""
    return f"{reverse('admin:project-rows', args=[project.uid])}?rows={figure}"


def issues_link(project: Project, **filters: str) -> str:
    query = f"?{urlencode(filters)}" if filters else ""
    return f"{reverse('admin:project-issues', args=[project.uid])}{query}"
