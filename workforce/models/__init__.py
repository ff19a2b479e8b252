from workforce.models.alerts import Alert, KnownNetwork
from workforce.models.audit import AuditEvent, AuditSeal, AuditUnsealed
from workforce.models.events import Event, StreamHead
from workforce.models.jobs import IdempotencyRecord, Job, JobProblem
from workforce.models.organizations import Membership, Organization
from workforce.models.people import Person
from workforce.models.second_factor import SecondFactor
from workforce.models.sign_in import BrowserSession, SignInTry
from workforce.models.teams import Team
from workforce.models.tokens import Token
from workforce.models.uids import ClockTimestamp, Identified

__all__ = [
    "Alert",
    "AuditEvent",
    "AuditSeal",
    "AuditUnsealed",
    "BrowserSession",
    "ClockTimestamp",
    "Event",
    "IdempotencyRecord",
    "Identified",
    "Job",
    "JobProblem",
    "KnownNetwork",
    "Membership",
    "Organization",
    "Person",
    "SecondFactor",
    "SignInTry",
    "StreamHead",
    "Team",
    "Token",
]
