"""API tokens: issued once in clear, kept as a digest, with scopes and an end. The right of a token is what its
owner may do, cut down to the scopes, asked again at each use."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from workforce import access, audit
from workforce.errors import RuleViolation
from workforce.models import ClockTimestamp, Organization, Person, Token
from workforce.roles import Permission

LONGEST_DAYS = 366
# Writing "last used" on every request would make all requests of a token wait for one row.
LAST_USED_STEP = timedelta(minutes=1)


@transaction.atomic
def issue_token(
    actor: Person, organization: Organization, *, name: str, scopes: list[str], days: int = 90
) -> tuple[Token, str]:
    """A token of ``actor`` in ``organization``. The clear text is returned here and never again."""
    if not access.active_memberships(actor).filter(organization=organization).exists():
        access.require(actor, Permission.MANAGE_TOKENS, organization)
    if Permission.MANAGE_TOKENS not in access.permissions_of(actor, organization):
        raise RuleViolation("tokens_not_for_this_role", "Your role in this organization has no tokens.")
    unknown = sorted(set(scopes) - set(Token.Scope.values))
    if unknown or not scopes:
        raise RuleViolation("unknown_scope", f"Scopes are {', '.join(Token.Scope.values)}.", unknown=unknown)
    if not 1 <= days <= LONGEST_DAYS:
        raise RuleViolation("expiry_out_of_range", f"A token lives from 1 to {LONGEST_DAYS} days.")
    token, clear = Token.objects.create(
        user=actor, expiry=timedelta(days=days), organization=organization, name=name, scopes=sorted(set(scopes))
    )
    audit.record(actor, "token.issued", token, after={"name": name, "scopes": token.scopes, "days": days})
    return token, clear


@transaction.atomic
def revoke_token(actor: Person, token: Token) -> None:
    token = Token.objects.select_for_update().get(pk=token.pk)
    access.require(actor, Permission.MANAGE_TOKENS, token)
    if token.revoked_at is None:
        Token.objects.filter(pk=token.pk).update(revoked_at=ClockTimestamp())
        audit.record(actor, "token.revoked", token, before={"name": token.name})


def note_use(token: Token) -> None:
    """At most once a minute, so that requests of one token do not wait for each other."""
    stale = Q(last_used_at=None) | Q(last_used_at__lt=ClockTimestamp() - LAST_USED_STEP)
    Token.objects.filter(stale, pk=token.pk).update(last_used_at=ClockTimestamp())


def tokens_of(person: Person) -> QuerySet[Token]:
    return access.visible_to(person, Token.objects.select_related("user", "organization"), Permission.MANAGE_TOKENS)


def is_live(token: Token) -> bool:
    """Not revoked, not run out, and its owner still an active member; asked of the database at each use."""
    return (
        Token.objects.filter(pk=token.pk, revoked_at=None, expiry__gt=ClockTimestamp()).exists()
        and access.active_memberships(token.user).filter(organization=token.organization_id).exists()
    )
