"""What this floor listens to, which streams it lets people follow, and what the relay folds for it."""

from labeling import counters, projects, rows
from workforce import live, relay
from workforce.models import Person


def follows_project(person: Person, uid: str) -> bool:
    return projects.may_follow(person, uid)


def follows_row(person: Person, uid: str) -> bool:
    return rows.may_follow(person, uid)


def connect() -> None:
    live.register_stream("project", follows_project)
    live.register_stream("row", follows_row)
    relay.register_fold(counters.fold)
