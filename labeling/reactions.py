"""What this floor listens to, which streams it lets people follow, and what the relay folds for it."""

from labeling import counters
from labeling.models import Project, ProjectRow
from workforce import access, live, relay
from workforce.models import Person
from workforce.roles import Permission


def follows_project(person: Person, uid: str) -> bool:
    return _may_see(person, Project, uid)


def follows_row(person: Person, uid: str) -> bool:
    """Scores of a row travel here, so only those who may see consensus follow; labelers never do."""
    return _may_see(person, ProjectRow, uid)


def _may_see(person: Person, model: type[Project] | type[ProjectRow], uid: str) -> bool:
    thing = model.objects.filter(uid=uid).first() if live.is_uid(uid) else None
    return thing is not None and bool(access.can(person, Permission.VIEW_CONSENSUS, thing))


def connect() -> None:
    live.register_stream("project", follows_project)
    live.register_stream("row", follows_row)
    relay.register_fold(counters.fold)
