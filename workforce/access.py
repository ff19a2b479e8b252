"""May they? The only module that names guardian, roles or groups in a decision.

A guarded model says the way to its root (``access_root``) and, where a role may reach only its own part, whose a row
is (``access_owner``, one way or several) or which vendor's (``access_vendor``). Roots are organizations and the models
that have grant tables. Applied here and nowhere else: person and membership active; a grant not run out by the
database's clock; people of a vendor only where their vendor has a grant; *no access* of a person before every grant of
a team and every organization role but the admin's; who leads a running project of an organization may in that
organization what ``Role.LEADS_A_PROJECT`` says."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any, TypeVar
from uuid import UUID

from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import FieldDoesNotExist, ObjectDoesNotExist, ValidationError
from django.db import connection
from django.db.models import Exists, ForeignKey, Model, OuterRef, Q, QuerySet
from django.db.models.expressions import RawSQL
from guardian.utils import get_group_obj_perms_model, get_user_obj_perms_model

from workforce.errors import NotAllowed, NotFound
from workforce.models import ClockTimestamp, Membership, Organization, Person, Team
from workforce.roles import (
    ORGANIZATION_ROLES,
    ROLE_PERMISSIONS,
    STAFF_ROLES,
    Permission,
    Role,
    Scope,
    reaches_as_far,
    roles_with,
)

Row = TypeVar("Row", bound=Model)
Someone = Person | AnonymousUser


@dataclass(frozen=True)
class Verdict:
    """True, or false with the reason: ``hidden`` (another tenant's), ``missing_right``, ``inactive``."""

    allowed: bool
    reason: str = ""

    def __bool__(self) -> bool:
        return self.allowed


# --- The four calls ---------------------------------------------------------------------------------------------
def can(user: Someone, permission: Permission, thing: Model) -> Verdict:
    """Whether ``user`` may do ``permission`` to ``thing``; asked of the object, never of an id."""
    return can_each(user, [permission], thing)[0]


def can_each(user: Someone, permissions: Sequence[Permission], thing: Model) -> list[Verdict]:
    """As ``can``, for several permissions: the roles are looked up once."""
    if not _is_active(user):
        return [Verdict(False, "inactive")] * len(permissions)
    place = _place_of(thing)
    roles = _roles_held(user, place)
    if roles is None:
        return [Verdict(False, "hidden")] * len(permissions)
    return [_judge(user, permission, place, roles) for permission in permissions]


def _judge(user: Someone, permission: Permission, place: "_Place", roles: frozenset[Role]) -> Verdict:
    scopes = {ROLE_PERMISSIONS[role].get(permission) for role in roles}
    if Scope.ANY in scopes:
        return Verdict(True)
    if user.pk in place.owners and scopes & {Scope.OWN, Scope.TEAM}:
        return Verdict(True)
    is_led = Scope.TEAM in scopes and bool(place.owners) and _leads(user, place.owners)
    if is_led or (Scope.VENDOR in scopes and _is_of_vendor(user, place)):
        return Verdict(True)
    return Verdict(False, "missing_right")


def require(user: Someone, permission: Permission, thing: Model, *, also: Permission | None = None) -> Verdict:
    """Raises ``NotFound`` when they may not know that it exists, ``NotAllowed`` when a right is missing.

    Returns the verdict on ``also``, a right that is asked for with no statement more."""
    verdict, other = can_each(user, [permission, also or permission], thing)
    if verdict:
        return other
    if verdict.reason == "missing_right":
        raise NotAllowed(needs=str(permission))
    raise NotFound


def visible_to(user: Someone, queryset: QuerySet[Row], permission: Permission) -> QuerySet[Row]:
    """The rows of ``queryset`` on which ``user`` holds ``permission``, as subqueries of one statement."""
    if not _is_active(user):
        return queryset.none()
    return queryset.filter(_condition(user, queryset.model, permission))


def access(
    user: Someone,
    queryset: QuerySet[Row],
    uid: UUID | str,
    permission: Permission | Callable[[Row], Permission],
    *,
    lock: bool = False,
) -> Row:
    """Fetch by uid, check, and if asked lock the row until the transaction ends. Where the right depends on what the
    row is (a slot to label or to review), ``permission`` is a function of it."""
    if lock:
        queryset = queryset.select_for_update(of=("self",))
    try:
        thing = queryset.get(uid=uid)
    except (ObjectDoesNotExist, ValidationError, ValueError):
        raise NotFound from None
    require(user, permission(thing) if callable(permission) else permission, thing)
    return thing


# --- Who they are -----------------------------------------------------------------------------------------------
def active_memberships(user: Someone) -> QuerySet[Membership]:
    """Memberships that count now. One who came with a token is a member only of the token's organization."""
    held = Membership.objects.filter(person_id=user.pk or 0, person__is_active=True, is_active=True)
    only = getattr(user, "limited_to_organization", None)
    return held if only is None else held.filter(organization_id=only)


def organizations_of(user: Someone) -> QuerySet[Organization]:
    return Organization.objects.filter(pk__in=active_memberships(user).values("organization"))


def organizations_where(user: Someone, permission: Permission) -> QuerySet[Organization]:
    """Where ``user`` holds ``permission`` in the organization itself, such as the right to create a project."""
    return visible_to(user, Organization.objects.all(), permission)


def organizations_run_by(user: Someone) -> QuerySet[Organization]:
    """Where ``user`` is organization admin or workforce manager, or leads a project."""
    found = Q(pk__in=active_memberships(user).filter(role__in=STAFF_ROLES).values("organization"))
    for root in _granted_roots():
        found |= Q(pk__in=_granted(user, root, [Role.PROJECT_LEAD]).values("organization"))
    return Organization.objects.filter(found)


def enters_admin(user: Someone) -> bool:
    """Organization admins, workforce managers and project leads; the admin shows each only what the verbs allow."""
    if not _is_active(user):
        return False
    if active_memberships(user).filter(role__in=STAFF_ROLES).exists():
        return True
    return any(_granted(user, root, [Role.PROJECT_LEAD]).exists() for root in _granted_roots())


def vendors_managed_by(user: Someone) -> QuerySet[Team]:
    """The vendors whose manager ``user`` is now."""
    managed = active_memberships(user).filter(role=Role.VENDOR_MANAGER).exclude(vendor=None)
    return Team.objects.filter(pk__in=managed.values("vendor"))


def vendors_of(user: Someone) -> QuerySet[Team]:
    """The vendors of whose people ``user`` is one now."""
    return Team.objects.filter(pk__in=active_memberships(user).exclude(vendor=None).values("vendor"))


def roles_on(user: Someone, root: Model) -> frozenset[Role]:
    """The roles that ``user`` holds on ``root`` now; empty for a stranger and where *no access* stands in the way."""
    return _roles_held(user, _place_of(root)) or frozenset()


def permissions_of(user: Someone, root: Model) -> frozenset[Permission]:
    """Every permission that ``user`` holds on ``root`` in some scope."""
    return frozenset(permission for role in roles_on(user, root) for permission in ROLE_PERMISSIONS[role])


def organization_of(thing: Model) -> int:
    """The primary key of the organization that ``thing`` belongs to."""
    return _place_of(thing).organization


# --- One thing --------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class _Place:
    """Where a thing hangs: its root, the organization, whose it is, and which vendor's."""

    root_model: type[Model]
    root: int
    organization: int
    owners: frozenset[int] = frozenset()
    vendor: int | None = None


def _place_of(thing: Model) -> _Place:
    model = type(thing)
    root_model, path = _root_model(model), _root_path(model)
    organization = _path(path, _organization_field(root_model))
    if not path:
        # A root tells by itself.
        return _Place(root_model, thing.pk, getattr(thing, f"{organization}_id") if organization else thing.pk)
    owners, vendor = _owner_paths(model), getattr(model, "access_vendor", None)
    paths = [path, organization or "pk", vendor or "pk", *owners]
    found = model._default_manager.filter(pk=thing.pk).values_list(*paths).get()
    whose = frozenset(pk for pk in found[3:] if pk is not None)
    return _Place(root_model, found[0], found[1], whose, found[2] if vendor else None)


def _owner_paths(model: type[Model]) -> tuple[str, ...]:
    named = getattr(model, "access_owner", ())
    return (named,) if isinstance(named, str) else named


_ROLES_OF_MEMBER = """
SELECT member.role, member.vendor_id FROM {membership} member JOIN {person} person ON person.id = member.person_id
WHERE member.person_id = %(person)s AND member.organization_id = %(organization)s
  AND member.is_active AND person.is_active
"""
# Personal grant, grants of the person's teams, and whether the person's vendor has a live grant.
_ROLES_BY_GRANT = """
SELECT
  (SELECT array_agg(p.codename) FROM {person_grant} g JOIN auth_permission p ON p.id = g.permission_id
    WHERE g.content_object_id = %(root)s AND g.user_id = %(person)s
      AND (g.expires_at IS NULL OR g.expires_at > clock_timestamp())),
  (SELECT array_agg(p.codename) FROM {team_grant} g JOIN auth_permission p ON p.id = g.permission_id
    JOIN {groups} mine ON mine.group_id = g.group_id
    WHERE g.content_object_id = %(root)s AND mine.person_id = %(person)s
      AND (g.expires_at IS NULL OR g.expires_at > clock_timestamp())),
  EXISTS (SELECT 1 FROM {team_grant} g JOIN auth_permission p ON p.id = g.permission_id
    JOIN {team} t ON t.group_id = g.group_id
    WHERE g.content_object_id = %(root)s AND t.id = %(vendor)s AND p.codename <> 'no_access'
      AND (g.expires_at IS NULL OR g.expires_at > clock_timestamp()))
"""


# Roles that hold in the organization all that leading a project adds there: nothing is looked up for them.
_ABOVE_LEADS = [role for role in ORGANIZATION_ROLES if reaches_as_far([role], Role.LEADS_A_PROJECT)]


def _roles_held(user: Someone, place: _Place) -> frozenset[Role] | None:
    """The roles on one root, by two small statements; none at all for who is no active member there.

    Says the same as ``_reaches`` says for a whole queryset; a test holds the two together."""
    only = getattr(user, "limited_to_organization", None)
    if only is not None and only != place.organization:
        return None
    values: dict[str, Any] = {"person": user.pk, "organization": place.organization, "root": place.root}
    with connection.cursor() as cursor:
        cursor.execute(_ROLES_OF_MEMBER.format(membership=_table(Membership), person=_table(Person)), values)
        member = cursor.fetchone()
        if member is None:
            return None
        role, vendor = member
        inner = {Role(role)} if role in ORGANIZATION_ROLES else set()
        if not _has_grants(place.root_model):
            if any(role in inner for role in _ABOVE_LEADS):
                return frozenset(inner)
            is_lead = any(led.filter(organization=place.organization).exists() for led in _led_roots(user))
            return frozenset(inner | {Role.LEADS_A_PROJECT} if is_lead else inner)
        statement = _ROLES_BY_GRANT.format(
            person_grant=_table(_person_grants(place.root_model)),
            team_grant=_table(_team_grants(place.root_model)),
            groups=_table(Person.groups.through),
            team=_table(Team),
        )
        cursor.execute(statement, {**values, "vendor": vendor})
        own, teams, vendor_is_in = cursor.fetchone()
    granted = {Role(name) for name in (own or teams or [])}
    if vendor is not None and not vendor_is_in:
        # Neither its people nor its manager reach what was not shared with the vendor.
        granted, inner = set(), set()
    if Role.NO_ACCESS in granted:
        inner &= {Role.ORGANIZATION_ADMIN}
    return frozenset(inner | granted)


def _leads(user: Someone, people: Iterable[int]) -> bool:
    return Person.groups.through.objects.filter(person_id__in=people, group__team__lead_id=user.pk).exists()


def _is_of_vendor(user: Someone, place: _Place) -> bool:
    """Of the vendor itself, or of somebody who works for it in that organization."""
    if place.vendor is not None and _own_vendors(user).filter(vendor=place.vendor).exists():
        return True
    of_vendor = Membership.objects.filter(organization=place.organization, vendor__in=_own_vendors(user))
    return bool(place.owners) and of_vendor.filter(person__in=place.owners).exists()


def _own_vendors(user: Someone) -> QuerySet[Any, Any]:
    return active_memberships(user).exclude(vendor=None).values("vendor")


def _table(model: type[Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)


# --- Many things ---------------------------------------------------------------------------------------------
def _is_active(user: Someone) -> bool:
    """Asked of the row, not of the object in hand: a session may hold a person from before a deactivation."""
    return bool(user.is_authenticated and user.is_active)


_NOTHING = Q(pk__in=[])


def _condition(user: Someone, model: type[Model], permission: Permission) -> Q:
    parts = []
    for scope in Scope:
        roles = roles_with(permission, scope)
        if roles:
            parts.append(_reaches(user, model, roles) & _within(user, model, scope))
    return reduce(or_, parts, _NOTHING)


def _reaches(user: Someone, model: type[Model], roles: list[str]) -> Q:
    """The rows whose root is reached by one of ``roles``, through the organization or a grant."""
    root, path = _root_model(model), _root_path(model)
    organization_key = f"{_path(path, _organization_field(root)) or 'pk'}__in"

    def inside(role_names: list[str]) -> Q:
        return Q(**{organization_key: _organizations_as(user, role_names)}) if role_names else _NOTHING

    inner = [role for role in roles if role in ORGANIZATION_ROLES]
    if not _has_grants(root):
        led = _led_roots(user) if Role.LEADS_A_PROJECT in roles else []
        leading = [Q(**{organization_key: roots.values("organization")}) for roots in led]
        return reduce(or_, leading, inside(inner))
    root_key = f"{path or 'pk'}__in"
    barred = Q(**{root_key: _granted_keys(user, root, [Role.NO_ACCESS])})
    admin = inside([role for role in inner if role == Role.ORGANIZATION_ADMIN])
    reached = inside([role for role in inner if role != Role.VENDOR_MANAGER])
    if Role.VENDOR_MANAGER in inner:
        shared = root._default_manager.filter(Exists(_grants_of_vendor(user, root)))
        reached |= inside([Role.VENDOR_MANAGER]) & Q(**{root_key: shared.values("pk")})
    return admin | (reached & ~barred) | Q(**{root_key: _granted_keys(user, root, roles)})


class _Keys(RawSQL):
    """One of the two statements below as the right side of ``__in``. A page asks for them dozens of times; put
    together from querysets they took longer to build than to answer."""


_ORGANIZATIONS_AS = """
SELECT member.organization_id FROM {membership} member JOIN {person} person ON person.id = member.person_id
WHERE member.person_id = %s AND member.is_active AND person.is_active
  AND (%s::bigint IS NULL OR member.organization_id = %s) AND member.role = ANY(%s)
"""
# A vendor's person needs a live grant of that vendor. A grant in the person's own name says exactly what they are
# there: it refines the vendor's, and it hides those of all teams.
_GRANTED = """
SELECT root.id FROM {root} root
JOIN {membership} member ON member.organization_id = root.organization_id
JOIN {person} person ON person.id = member.person_id
WHERE member.person_id = %s AND member.is_active AND person.is_active
  AND (%s::bigint IS NULL OR member.organization_id = %s)
  AND (member.vendor_id IS NULL OR EXISTS (
    SELECT 1 FROM {team_grant} g JOIN auth_permission p ON p.id = g.permission_id
    JOIN {team} t ON t.group_id = g.group_id
    WHERE g.content_object_id = root.id AND t.id = member.vendor_id AND p.codename <> 'no_access'
      AND (g.expires_at IS NULL OR g.expires_at > clock_timestamp())))
  AND CASE
    WHEN EXISTS (
      SELECT 1 FROM {person_grant} g WHERE g.content_object_id = root.id AND g.user_id = member.person_id
        AND (g.expires_at IS NULL OR g.expires_at > clock_timestamp()))
    THEN EXISTS (
      SELECT 1 FROM {person_grant} g JOIN auth_permission p ON p.id = g.permission_id
      WHERE g.content_object_id = root.id AND g.user_id = member.person_id AND p.codename = ANY(%s)
        AND (g.expires_at IS NULL OR g.expires_at > clock_timestamp()))
    ELSE EXISTS (
      SELECT 1 FROM {team_grant} g JOIN auth_permission p ON p.id = g.permission_id
      JOIN {groups} mine ON mine.group_id = g.group_id
      WHERE g.content_object_id = root.id AND mine.person_id = member.person_id AND p.codename = ANY(%s)
        AND (g.expires_at IS NULL OR g.expires_at > clock_timestamp()))
  END
"""


def _organizations_as(user: Someone, roles: Sequence[str]) -> _Keys:
    """The organizations in which ``user`` holds one of ``roles`` as a member."""
    only, names = getattr(user, "limited_to_organization", None), [str(role) for role in roles]
    statement = _ORGANIZATIONS_AS.format(membership=_table(Membership), person=_table(Person))
    return _Keys(statement, [user.pk or 0, only, only, names])


def _granted_keys(user: Someone, root: type[Model], roles: Sequence[str]) -> _Keys:
    """The roots, by key, on which a live grant gives ``user`` one of ``roles``."""
    only, names = getattr(user, "limited_to_organization", None), [str(role) for role in roles]
    statement = _GRANTED.format(
        root=_table(root),
        membership=_table(Membership),
        person=_table(Person),
        person_grant=_table(_person_grants(root)),
        team_grant=_table(_team_grants(root)),
        team=_table(Team),
        groups=_table(Person.groups.through),
    )
    return _Keys(statement, [user.pk or 0, only, only, names, names])


def _granted(user: Someone, root: type[Model], roles: Sequence[str]) -> QuerySet[Any]:
    return root._default_manager.filter(pk__in=_granted_keys(user, root, roles))


def people_granted(permission: Permission, root: Model) -> Iterator[Person]:
    """Everyone whom a grant gives ``permission`` on the whole of ``root``, asked one after the other."""
    grants = {"content_object": root, "permission__codename__in": roles_with(permission, Scope.ANY)}
    own = _person_grants(type(root))._default_manager.filter(_is_live(), **grants)
    teams = _team_grants(type(root))._default_manager.filter(_is_live(), **grants)
    people = Person.objects.filter(Q(pk__in=own.values("user")) | Q(groups__in=teams.values("group")))
    return (person for person in people.distinct().order_by("pk") if can(person, permission, root))


def roots_as(user: Someone, root: type[Row], role: Role) -> QuerySet[Row]:
    """The things, such as projects, on which a live grant makes ``user`` exactly ``role``."""
    return _granted(user, root, [role])


def _led_roots(user: Someone) -> list[QuerySet[Any]]:
    """The running things, such as projects, that ``user`` leads now: one queryset per kind of root."""
    return [
        _granted(user, root, [Role.PROJECT_LEAD]).filter(**getattr(root, "access_running", {}))
        for root in _granted_roots()
    ]


def _is_live() -> Q:
    return Q(expires_at=None) | Q(expires_at__gt=ClockTimestamp())


def _grants_of_vendor(user: Someone, root: type[Model]) -> QuerySet[Any]:
    """The live grants of the vendors that ``user`` works for, on the root of an outer query."""
    grants = _team_grants(root)._default_manager.filter(_is_live(), content_object=OuterRef("pk"))
    return grants.filter(group__team__in=_own_vendors(user)).exclude(permission__codename=Role.NO_ACCESS)


def _within(user: Someone, model: type[Model], scope: Scope) -> Q:
    if scope == Scope.ANY:
        return Q()
    if scope == Scope.VENDOR:
        return _within_vendor(user, model)
    # A thing that belongs to nobody is reached only by those who reach everything.
    mine = reduce(or_, (Q(**{owner: user.pk}) for owner in _owner_paths(model)), _NOTHING)
    if scope == Scope.OWN:
        return mine
    led = Team.objects.filter(lead_id=user.pk).values("group")
    people = Person.groups.through.objects.filter(group_id__in=led).values("person_id")
    return reduce(or_, (Q(**{f"{owner}__in": people}) for owner in _owner_paths(model)), mine)


def _within_vendor(user: Someone, model: type[Model]) -> Q:
    found, vendors = _NOTHING, _own_vendors(user)
    whose = getattr(model, "access_vendor", None)
    if whose is not None:
        found |= Q(**{f"{whose}__in": vendors})
    organization = _path(_root_path(model), _organization_field(_root_model(model))) or "pk"
    of_vendor = Membership.objects.filter(vendor__in=vendors, organization=OuterRef(organization))
    for owner in _owner_paths(model):
        found |= Q(Exists(of_vendor.filter(person=OuterRef(owner))))
    return found


def _granted_roots() -> list[type[Model]]:
    return [model for model in apps.get_models() if getattr(model, "access_root", "") == "self" and _has_grants(model)]


def _person_grants(root: type[Model]) -> type[Model]:
    """Guardian's table of grants to people beside ``root``, or its generic one, which we never use."""
    found: type[Model] = get_user_obj_perms_model(root)  # type: ignore[arg-type]  # takes a model as well as a row
    return found


def _team_grants(root: type[Model]) -> type[Model]:
    found: type[Model] = get_group_obj_perms_model(root)  # type: ignore[arg-type]  # takes a model as well as a row
    return found


def _has_grants(root: type[Model]) -> bool:
    return hasattr(_person_grants(root), "granted_by")


def _root_path(model: type[Model]) -> str:
    path = str(model.access_root)  # type: ignore[attr-defined]  # a guarded model states it
    return "" if path == "self" else path


def _root_model(model: type[Model]) -> type[Model]:
    current = model
    for step in filter(None, _root_path(model).split("__")):
        field = current._meta.get_field(step)
        if not isinstance(field, ForeignKey):
            raise FieldDoesNotExist(f"{model.__name__}.access_root names {step}, which is no foreign key")
        current = field.remote_field.model
    return current


def _organization_field(root: type[Model]) -> str:
    return "" if root is Organization else "organization"


def _path(*parts: str) -> str:
    return "__".join(part for part in parts if part)
