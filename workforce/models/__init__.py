from workforce.models.audit import AuditEvent, AuditSeal, AuditUnsealed
from workforce.models.capacity import DaysOff, WorkingHours
from workforce.models.events import Event, StreamHead
from workforce.models.invitations import Invitation
from workforce.models.jobs import IdempotencyRecord, Job, JobProblem
from workforce.models.organizations import Membership, Organization
from workforce.models.people import Person
from workforce.models.rates import Rate
from workforce.models.teams import Team
from workforce.models.tokens import Token
from workforce.models.uids import ClockTimestamp, Identified

__all__ = [
    "AuditEvent",
    "AuditSeal",
    "AuditUnsealed",
    "ClockTimestamp",
    "DaysOff",
    "Event",
    "IdempotencyRecord",
    "Identified",
    "Invitation",
    "Job",
    "JobProblem",
    "Membership",
    "Organization",
    "Person",
    "Rate",
    "StreamHead",
    "Team",
    "Token",
    "WorkingHours",
]
