"""The admin's frame, and the pages of people, teams, tokens, jobs and the audit log."""

from workforce.admin import (  # noqa: F401  (each adds its pages)
    alerts,
    audit,
    capacity,
    invitations,
    jobs,
    organization_settings,
    people,
    rates,
    roles,
    teams,
    tokens,
)
