"""The admin's frame, and the pages of people, teams, tokens, jobs and the audit log."""

from workforce.admin import alerts, audit, jobs, organization_settings, people, teams, tokens  # noqa: F401  (each adds its pages)
