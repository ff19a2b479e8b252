"""What happened to an issue, as somebody reads it."""

from typing import Any

from quality.issue_moves import PROJECT_TEAM
from quality.models import Issue, IssueEvent
from workforce import names
from workforce.models import Person

# Words stand in the thread itself.
ACTS = [kind for kind in IssueEvent.Kind.values if kind not in (IssueEvent.Kind.OPENED, IssueEvent.Kind.COMMENTED)]


def events_of(issue: Issue) -> list[IssueEvent]:
    return list(issue.events.select_related("actor", "comment").order_by("pk"))


def events_for(person: Person, issue: Issue) -> list[dict[str, Any]]:
    """The first act first; to people of a vendor others act, and are assigned, without a name."""
    found = events_of(issue)
    unnamed = names.unnamed_to(person, [(issue.project.organization_id, one.actor_id) for one in found])
    is_of_vendor = bool(unnamed)
    return [
        {
            "kind": one.kind,
            "actor": PROJECT_TEAM
            if one.actor_id in unnamed
            else {"name": one.actor.name, "initials": one.actor.initials},
            "before": _told(one.before, is_of_vendor),
            "after": _told(one.after, is_of_vendor),
            "made_at": one.made_at.isoformat(),
        }
        for one in found
    ]


def in_words(event: IssueEvent) -> str:
    """One line of the time line, after the name of who did it."""
    before, after = event.before, event.after
    match event.kind:
        case IssueEvent.Kind.STATE:
            return f"moved it from {before.get('state', 'nothing')} to {after['state']}"
        case IssueEvent.Kind.CATEGORY | IssueEvent.Kind.SEVERITY:
            return f"changed the {event.kind} from {before[event.kind]} to {after[event.kind]}"
        case IssueEvent.Kind.ASSIGNED:
            whom = after["assignee"]
            return f"assigned it to {whom['name']}" if whom else "assigned it to nobody"
        case IssueEvent.Kind.DUE:
            return "said by when" if after["due_at"] else "took the date away"
        case IssueEvent.Kind.DUPLICATE:
            return f"marked it as a duplicate of issue {after['duplicate_of']}"
    return str(IssueEvent.Kind(event.kind).label)


def _told(words: dict[str, Any], is_of_vendor: bool) -> dict[str, Any]:
    """Who is assigned by name is a name of the project's people."""
    whom = words.get("assignee")
    if not is_of_vendor or not whom or whom["kind"] != "person":
        return words
    return {**words, "assignee": {"kind": "person", "name": names.PROJECT_TEAM}}
