"""The table role → permissions, as data. Grants name a role; what a role may do is changed here and nowhere else."""

from collections.abc import Iterable
from enum import StrEnum


class Permission(StrEnum):
    """Domain verbs. Those on an organization come first, then those on a project."""

    VIEW_ORGANIZATION = "view organization"
    MANAGE_ORGANIZATION = "manage organization"
    VIEW_PEOPLE = "view people"
    MANAGE_PEOPLE = "manage people"
    VIEW_RATES = "view rates"
    MANAGE_RATES = "manage rates"
    VIEW_AUDIT = "view audit log"
    MANAGE_TOKENS = "manage tokens"
    CREATE_PROJECT = "create project"
    VIEW_ONTOLOGY = "view ontology"
    MANAGE_ONTOLOGY = "manage ontology"
    VIEW_DATASET = "view dataset"
    MANAGE_DATASET = "manage dataset"
    IMPORT_ROWS = "import rows"
    VIEW_JOB = "view job"
    MANAGE_JOBS = "manage jobs"

    VIEW_PROJECT = "view project"
    CHANGE_PROJECT = "change project"
    MANAGE_ACCESS = "manage access"
    PAUSE_PERSON = "pause person"
    VIEW_QUEUE = "view queue"
    CLEAR_LEASES = "clear leases"
    LABEL = "label"
    REVIEW = "review"
    VIEW_ASSET = "view asset"
    VIEW_LABEL = "view label"
    VIEW_CONSENSUS = "view consensus"
    CHOOSE_WINNER = "choose winner"
    VIEW_BENCHMARK = "view benchmark"
    MAKE_BENCHMARK = "make benchmark"
    VIEW_ISSUE = "view issue"
    OPEN_ISSUE = "open issue"
    RESOLVE_ISSUE = "resolve issue"
    # To assign it, to say by when, and to mark it as a duplicate.
    MANAGE_ISSUE = "manage issue"
    VIEW_PERFORMANCE = "view performance"
    EXPORT_LABELS = "export labels"


class Scope(StrEnum):
    """How far a permission reaches: everything below the root, one's own vendor, the people of a led team, or one's
    own work."""

    ANY = "any"
    VENDOR = "vendor"
    TEAM = "team"
    OWN = "own"


class Role(StrEnum):
    ORGANIZATION_ADMIN = "organization_admin"
    WORKFORCE_MANAGER = "workforce_manager"
    VENDOR_MANAGER = "vendor_manager"
    VIEWER = "viewer"
    PROJECT_LEAD = "project_lead"
    TEAM_LEAD = "team_lead"
    REVIEWER = "reviewer"
    EXPERT = "expert"
    LABELER = "labeler"
    NO_ACCESS = "no_access"
    # Never given: what an active member is in the organization itself while leading a running project of it.
    LEADS_A_PROJECT = "leads_a_project"


PROJECT_ROLE_NAMES: dict[str, str] = {
    Role.PROJECT_LEAD: "project lead",
    Role.TEAM_LEAD: "team lead",
    Role.REVIEWER: "reviewer",
    Role.EXPERT: "expert",
    Role.LABELER: "labeler",
    Role.VIEWER: "viewer",
    Role.NO_ACCESS: "no access",
}
PROJECT_ROLE_CHOICES = list(PROJECT_ROLE_NAMES.items())
ORGANIZATION_ROLES = frozenset(
    {Role.ORGANIZATION_ADMIN, Role.WORKFORCE_MANAGER, Role.VENDOR_MANAGER, Role.VIEWER},
)
# Whose door is the admin.
STAFF_ROLES = frozenset({Role.ORGANIZATION_ADMIN, Role.WORKFORCE_MANAGER, Role.PROJECT_LEAD})

P, ANY, VENDOR, TEAM, OWN = Permission, Scope.ANY, Scope.VENDOR, Scope.TEAM, Scope.OWN

_SEES_A_PROJECT = {
    P.VIEW_PROJECT: ANY,
    P.VIEW_ONTOLOGY: ANY,
    P.VIEW_QUEUE: ANY,
    P.VIEW_ASSET: ANY,
    P.VIEW_LABEL: ANY,
    P.VIEW_CONSENSUS: ANY,
    P.VIEW_ISSUE: ANY,
    P.VIEW_PERFORMANCE: ANY,
}
_RUNS_A_PROJECT = {
    **_SEES_A_PROJECT,
    P.VIEW_BENCHMARK: ANY,
    P.MAKE_BENCHMARK: ANY,
    P.CHOOSE_WINNER: ANY,
    P.CLEAR_LEASES: ANY,
    P.OPEN_ISSUE: ANY,
    P.RESOLVE_ISSUE: ANY,
    P.MANAGE_ISSUE: ANY,
    P.CHANGE_PROJECT: ANY,
    P.MANAGE_ACCESS: ANY,
    P.PAUSE_PERSON: ANY,
    P.EXPORT_LABELS: ANY,
}

ROLE_PERMISSIONS: dict[Role, dict[Permission, Scope]] = {
    Role.ORGANIZATION_ADMIN: {
        **_RUNS_A_PROJECT,
        P.VIEW_ORGANIZATION: ANY,
        P.MANAGE_ORGANIZATION: ANY,
        P.VIEW_PEOPLE: ANY,
        P.MANAGE_PEOPLE: ANY,
        P.VIEW_RATES: ANY,
        P.MANAGE_RATES: ANY,
        P.VIEW_AUDIT: ANY,
        P.MANAGE_TOKENS: ANY,
        P.CREATE_PROJECT: ANY,
        P.MANAGE_ONTOLOGY: ANY,
        P.VIEW_DATASET: ANY,
        P.MANAGE_DATASET: ANY,
        P.IMPORT_ROWS: ANY,
        P.VIEW_JOB: ANY,
        P.MANAGE_JOBS: ANY,
    },
    Role.WORKFORCE_MANAGER: {
        **_RUNS_A_PROJECT,
        P.VIEW_ORGANIZATION: ANY,
        P.VIEW_PEOPLE: ANY,
        P.MANAGE_PEOPLE: ANY,
        P.VIEW_RATES: ANY,
        P.MANAGE_RATES: ANY,
        P.MANAGE_TOKENS: OWN,
        P.CREATE_PROJECT: ANY,
        P.MANAGE_ONTOLOGY: ANY,
        P.VIEW_DATASET: ANY,
        P.MANAGE_DATASET: ANY,
        P.IMPORT_ROWS: ANY,
        P.VIEW_JOB: ANY,
        P.MANAGE_JOBS: ANY,
    },
    # On a project only where the vendor's team has a live grant, and there only what own people made.
    Role.VENDOR_MANAGER: {
        P.VIEW_PEOPLE: VENDOR,
        P.MANAGE_PEOPLE: VENDOR,
        P.MANAGE_TOKENS: OWN,
        P.VIEW_QUEUE: VENDOR,
        P.VIEW_LABEL: VENDOR,
        P.VIEW_ISSUE: VENDOR,
        P.OPEN_ISSUE: VENDOR,
        P.RESOLVE_ISSUE: VENDOR,
        P.MANAGE_ISSUE: VENDOR,
        P.VIEW_PERFORMANCE: VENDOR,
    },
    # The auditor: reads everything, changes nothing.
    Role.VIEWER: {
        **_SEES_A_PROJECT,
        P.VIEW_BENCHMARK: ANY,
        P.VIEW_ORGANIZATION: ANY,
        P.VIEW_DATASET: ANY,
        P.MANAGE_TOKENS: OWN,
    },
    Role.PROJECT_LEAD: {**_RUNS_A_PROJECT, P.MANAGE_TOKENS: OWN},
    Role.TEAM_LEAD: {
        P.VIEW_PROJECT: ANY,
        P.VIEW_ONTOLOGY: ANY,
        P.VIEW_QUEUE: TEAM,
        P.CLEAR_LEASES: TEAM,
        P.PAUSE_PERSON: TEAM,
        P.LABEL: ANY,
        P.VIEW_ASSET: TEAM,
        P.VIEW_LABEL: TEAM,
        P.VIEW_ISSUE: TEAM,
        P.OPEN_ISSUE: TEAM,
        P.RESOLVE_ISSUE: TEAM,
        P.MANAGE_ISSUE: TEAM,
        P.VIEW_PERFORMANCE: TEAM,
    },
    Role.REVIEWER: {
        P.VIEW_PROJECT: ANY,
        P.VIEW_ONTOLOGY: ANY,
        P.REVIEW: ANY,
        P.VIEW_ASSET: OWN,
        P.VIEW_LABEL: OWN,
        P.VIEW_ISSUE: ANY,
        P.OPEN_ISSUE: ANY,
        P.RESOLVE_ISSUE: ANY,
        P.MANAGE_ISSUE: ANY,
        P.VIEW_PERFORMANCE: OWN,
    },
    Role.EXPERT: {
        P.VIEW_PROJECT: ANY,
        P.VIEW_ONTOLOGY: ANY,
        P.LABEL: ANY,
        P.REVIEW: ANY,
        P.VIEW_ASSET: OWN,
        P.VIEW_LABEL: OWN,
        P.VIEW_BENCHMARK: ANY,
        P.MAKE_BENCHMARK: ANY,
        P.VIEW_ISSUE: ANY,
        P.OPEN_ISSUE: ANY,
        P.RESOLVE_ISSUE: ANY,
        P.MANAGE_ISSUE: ANY,
        P.VIEW_PERFORMANCE: OWN,
    },
    Role.LABELER: {
        P.VIEW_PROJECT: ANY,
        P.VIEW_ONTOLOGY: ANY,
        P.LABEL: ANY,
        P.VIEW_ASSET: OWN,
        P.VIEW_LABEL: OWN,
        P.VIEW_ISSUE: OWN,
        P.OPEN_ISSUE: OWN,
        P.RESOLVE_ISSUE: OWN,
        P.VIEW_PERFORMANCE: OWN,
    },
    Role.NO_ACCESS: {},
    # What it takes to start the next project and put rows into it. Datasets and ontologies belong to the whole
    # organization, so nothing of others is changed by it.
    Role.LEADS_A_PROJECT: {
        P.CREATE_PROJECT: ANY,
        P.VIEW_ONTOLOGY: ANY,
        P.VIEW_DATASET: ANY,
        P.MANAGE_TOKENS: OWN,
    },
}


def reaches_as_far(held: Iterable[Role], wanted: Role) -> bool:
    """Whether roles on one root together hold every permission of ``wanted``, each at least as far."""
    tables = [ROLE_PERMISSIONS[role] for role in held]
    return all(
        any(_covers(table.get(permission), scope) for table in tables)
        for permission, scope in ROLE_PERMISSIONS[wanted].items()
    )


def _covers(held: Scope | None, wanted: Scope) -> bool:
    """Everything covers every part, every part covers one's own; a vendor and a led team are not told apart by size."""
    return held is not None and (held in (Scope.ANY, wanted) or wanted == Scope.OWN)


def roles_with(permission: Permission, scope: Scope) -> list[str]:
    """The roles that hold ``permission`` with exactly this scope."""
    return [role for role, table in ROLE_PERMISSIONS.items() if table.get(permission) == scope]
