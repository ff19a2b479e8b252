"""Guidelines: what a project's labelers and reviewers must know, in versions that only grow.

Who has not said "I have read these" of the newest version gets no new row of the project and is told why. A rule keeps
its uid and number through versions, so that a rejection or an issue can cite it. A label version notes the newest
version that its author had read."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet

from labeling.events import guidelines_acknowledged, guidelines_published
from labeling.models import Guideline, GuidelineReading, GuidelineVersion, Project
from labeling.queue import Empty
from labeling.texts import checked_text
from workforce import access, audit, names
from workforce.errors import InvalidInput, NotFound, RuleViolation
from workforce.models import Person
from workforce.roles import Permission

# Where a rule comes from, told by the floor above: of (person, project), rule's uid → words and address, of what the
# person may read.
RuleSources = Callable[[Person, Project], Mapping[str, tuple[str, str]]]
_sources: list[RuleSources] = []
LONGEST_TEXT, LONGEST_TITLE, LONGEST_RULE, MOST_RULES = 100_000, 200, 5000, 200


@dataclass(frozen=True)
class Citation:
    """A rule as it is cited: its uid, and number and title as they were then."""

    uid: str
    title: str


# --- Publish and read -------------------------------------------------------------------------------------------
@transaction.atomic
def publish_version(
    actor: Person, project: Project, *, text: str, rules: Sequence[Mapping[str, Any]] = (), after: int
) -> GuidelineVersion:
    """The next version. ``after`` is the number that was edited (0 for the first), so nobody overwrites unseen words.

    A rule with the uid of an earlier one keeps its number; a rule without uid is new."""
    project = Project.objects.select_for_update().get(pk=project.pk)
    access.require(actor, Permission.CHANGE_PROJECT, project)
    guideline, _ = Guideline.objects.get_or_create(project=project)
    if guideline.last_version != after:
        raise RuleViolation(
            "guidelines_moved_on",
            f"Version {guideline.last_version} was published in between. Look at it before you change it.",
            version=guideline.last_version,
        )
    known = _known_rules(guideline)
    kept = _numbered(_checked_rules(rules, known), known, guideline)
    words = checked_text(text, "text", longest=LONGEST_TEXT).replace("\r\n", "\n")
    newest = newest_version(project)
    if newest is not None and (newest.text, newest.rules) == (words, kept):
        raise RuleViolation("nothing_changed", f"Nothing differs from version {newest.number}.")
    guideline.last_version += 1
    guideline.save(update_fields=["last_version", "last_rule"])
    version = GuidelineVersion.objects.create(
        guideline=guideline, number=guideline.last_version, text=words, rules=kept, author=actor
    )
    facts = {"number": version.number, "rules": [rule["number"] for rule in kept]}
    audit.record(actor, "guidelines.published", version, after=facts, root=project)
    guidelines_published.send(sender=GuidelineVersion, project=project, version=version, actor=actor)
    return version


@transaction.atomic
def acknowledge(person: Person, project: Project, number: int) -> GuidelineVersion:
    """ "I have read these." Only the newest version can be said to be read; asked again, nothing more happens."""
    access.require(person, Permission.VIEW_PROJECT, project)
    version = newest_version(project)
    if version is None:
        raise NotFound
    if version.number != number:
        raise RuleViolation(
            "guidelines_moved_on", f"Version {version.number} is the newest. Read that one.", version=version.number
        )
    _, is_new = GuidelineReading.objects.get_or_create(version=version, person=person)
    if is_new:
        audit.record(person, "guidelines.acknowledged", version, after={"number": number}, root=project)
        guidelines_acknowledged.send(sender=GuidelineVersion, person=person, project=project, version=version)
    return version


# --- Reads ------------------------------------------------------------------------------------------------------
def newest_version(project: Project) -> GuidelineVersion | None:
    return versions_of(project).first()


def versions_of(project: Project) -> QuerySet[GuidelineVersion]:
    """Newest first."""
    found = GuidelineVersion.objects.filter(guideline__project=project).select_related("author")
    return found.order_by("-number")


def author_of(version: GuidelineVersion, project: Project, reader: Person) -> str:
    """Who wrote a version, as ``reader`` may know."""
    unnamed = names.unnamed_to(reader, [(project.organization_id, version.author_id)])
    return names.PROJECT_TEAM if unnamed else version.author.name


def has_read(person: Person, version: GuidelineVersion) -> bool:
    return GuidelineReading.objects.filter(version=version, person=person).exists()


def unread_by(person: Person, projects: Iterable[Project]) -> dict[int, int]:
    """Project's primary key → the newest version, where ``person`` has not read it; one query for any number."""
    read = GuidelineReading.objects.filter(version=OuterRef("pk"), person=person)
    newest = GuidelineVersion.objects.filter(
        ~Exists(read), guideline__project__in=[one.pk for one in projects], number=F("guideline__last_version")
    )
    return dict(newest.values_list("guideline__project", "number"))


def version_read_by(person: Person, project_id: int) -> int | None:
    """The primary key of the newest version that ``person`` has read; none where there is none."""
    read = GuidelineReading.objects.filter(version__guideline__project=project_id, person=person)
    return read.order_by("-version__number").values_list("version", flat=True).first()


def readers_of(version: GuidelineVersion) -> int:
    return GuidelineReading.objects.filter(version=version).count()


def gate(person: Person, project: Project, kind: str) -> Empty | None:
    """For the claim: no new row before the newest version is read."""
    number = unread_by(person, [project]).get(project.pk)
    if number is None:
        return None
    is_new = "They are new to you." if number == 1 else f"Version {number} is new to you."
    return Empty("guidelines_unread", f"Read the guidelines of {project.name} first. {is_new}")


# --- Cite -------------------------------------------------------------------------------------------------------
def rule_choices(version: GuidelineVersion | None) -> list[dict[str, str]]:
    """The rules that may be cited, as the editor offers them."""
    return [{"code": rule["uid"], "label": title_of(rule)} for rule in version.rules] if version else []


def cited_rule(project: Project, uid: str, path: str) -> Citation:
    """The rule that somebody cites; one of an older version may still be meant. Nothing is cited by an empty uid."""
    if not uid:
        return Citation("", "")
    wanted = str(_uid_in(uid) or "")
    version = versions_of(project).filter(rules__contains=[{"uid": wanted}]).first() if wanted else None
    if version is None:
        raise InvalidInput("unknown_rule", "There is no such rule in the guidelines of this project.", path=path)
    return Citation(wanted, title_of(next(rule for rule in version.rules if rule["uid"] == wanted)))


def rules_ever(project: Project) -> dict[str, dict[str, Any]]:
    """Uid → every rule that ever stood in the guidelines, in its newest words: what was cited can still be read."""
    written = versions_of(project).order_by("number").values_list("rules", flat=True)
    return {rule["uid"]: rule for rules in written for rule in rules}


def register_rule_sources(sources: RuleSources) -> None:
    _sources.append(sources)


def sources_of_rules(person: Person, project: Project) -> dict[str, tuple[str, str]]:
    """Rule's uid → what it came from and where that is read; few queries for any number of rules."""
    return {uid: source for sources in _sources for uid, source in sources(person, project).items()}


def title_of(rule: Mapping[str, Any]) -> str:
    return f"{rule['number']} · {rule['title']}"


# --- Inside -----------------------------------------------------------------------------------------------------
def _known_rules(guideline: Guideline) -> dict[str, int]:
    """Uid → number of every rule that ever stood in these guidelines."""
    written = GuidelineVersion.objects.filter(guideline=guideline).values_list("rules", flat=True)
    return {rule["uid"]: rule["number"] for rules in written for rule in rules}


def _checked_rules(rules: Any, known: Mapping[str, int]) -> list[dict[str, str]]:
    if not isinstance(rules, list | tuple) or len(rules) > MOST_RULES:
        raise InvalidInput("rules_invalid", f"Rules are a list of at most {MOST_RULES}.", path="rules")
    found: list[dict[str, str]] = []
    for at, rule in enumerate(rules):
        if not isinstance(rule, Mapping):
            raise InvalidInput("rules_invalid", "A rule has a title and a text.", path=f"rules[{at}]")
        uid = str(rule.get("uid") or "")
        if uid and (uid not in known or uid in [one["uid"] for one in found]):
            raise InvalidInput(
                "unknown_rule", "There is no such rule here, or it stands twice.", path=f"rules[{at}].uid"
            )
        title = checked_text(rule.get("title"), f"rules[{at}].title", longest=LONGEST_TITLE)
        text = checked_text(rule.get("text") or "", f"rules[{at}].text", longest=LONGEST_RULE, least=0)
        found.append({"uid": uid, "title": title, "text": text.replace("\r\n", "\n")})
    return found


def _numbered(
    rules: list[dict[str, str]], known: Mapping[str, int], guideline: Guideline
) -> list[dict[str, str | int]]:
    """With uid and number; new numbers go on where the last one ended."""
    found: list[dict[str, str | int]] = []
    for rule in rules:
        number = known.get(rule["uid"])
        if number is None:
            guideline.last_rule += 1
            number = guideline.last_rule
        found.append({**rule, "uid": rule["uid"] or str(uuid4()), "number": number})
    return found


def _uid_in(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
