from workforce.models.alerts import Alert, KnownNetwork
from workforce.models.audit import AuditEvent, AuditSeal, AuditUnsealed
from workforce.models.capacity import DaysOff, WorkingHours
from workforce.models.events import Event, StreamHead
from workforce.models.invitations import Invitation
from workforce.models.jobs import IdempotencyRecord, Job, JobProblem
from workforce.models.notices import LetterTime, Notice, NoticeGroup, NoticePreference
from workforce.models.organizations import Membership, Organization
from workforce.models.people import Person
from workforce.models.rates import Rate
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
    "DaysOff",
    "Event",
    "IdempotencyRecord",
    "Identified",
    "Invitation",
    "Job",
    "JobProblem",
    "KnownNetwork",
    "LetterTime",
    "Membership",
    "Notice",
    "NoticeGroup",
    "NoticePreference",
    "Organization",
    "Person",
    "Rate",
    "SecondFactor",
    "SignInTry",
    "StreamHead",
    "Team",
    "Token",
    "WorkingHours",
]
