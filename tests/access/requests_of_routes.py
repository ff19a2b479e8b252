"""For each route the request that an actor with the right would send, against the stage's things.

Where a route needs something in hand (a lease, a token), it is made here for the actor if they could have it, and for
a labeler of the stage otherwise, so that a refusal is about the right and not about a missing thing."""

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pyotp
from django.contrib.auth.tokens import default_token_generator
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from labeling import guidelines, labels, pauses, project_templates, queue
from labeling.assets import asset_file
from labeling.models import (
    GuidelineVersion,
    Label,
    Pause,
    Project,
    ProjectPersonGrant,
    ProjectRow,
    ProjectTemplate,
    Slot,
)
from quality import (
    appeal_policy,
    appeals,
    benchmarks,
    computed_skills,
    funnel_settings,
    issue_views,
    issues,
    practice,
    proposals,
    quizzes,
    recompute,
    review_steps,
    rules,
    skills,
    supervision,
)
from quality.appeals import Said
from quality.models import (
    Appeal,
    Benchmark,
    BenchmarkPolicy,
    Candidacy,
    ComputedSkill,
    Issue,
    IssueCategory,
    IssueComment,
    IssueView,
    PairScore,
    PracticeRow,
    Proposal,
    QualityRule,
    QuizVersion,
    Review,
    RowConsensus,
    RuleAct,
    SkillName,
    Supervision,
    SupervisionMove,
)
from quality.review_steps import Step
from quality.supervision import Plan
from tests.access.table import Cell
from tests.cast import PASSWORD
from tests.line import DOCUMENT, Line, payload, picture_bytes
from workforce import access, alerts, capacity, invitations, jobs, notice_letters, rates, second_factor, tokens
from workforce.errors import Refusal
from workforce.models import Alert, ClockTimestamp, Event, Invitation, Job, JobProblem, Notice, Person, SecondFactor
from workforce.roles import Permission


@dataclass
class RequestOf:
    kwargs: dict[str, Any] = field(default_factory=dict)
    body: Any = None
    query: str = ""
    content_type: str = "application/json"
    # What an allowed GET must show, and what nobody else may see: something that no other stage has.
    shows: list[str | bytes] = field(default_factory=list)

    def encoded(self) -> bytes:
        if self.body is None:
            return b""
        if isinstance(self.body, bytes):
            return self.body
        if self.content_type == "application/json":
            return json.dumps(self.body, default=str).encode()
        if self.content_type == MULTIPART_CONTENT:
            for value in self.body.values():
                if isinstance(value, SimpleUploadedFile):
                    value.seek(0)
            return encode_multipart(BOUNDARY, self.body)
        return urlencode(self.body, doseq=True).encode()


Builder = Callable[[Line], RequestOf]
BuilderInHand = Callable[[Line, Person | None], RequestOf]
BUILDERS: dict[str, Builder] = {}
# Where the request depends on what the one who asks has in hand.
IN_HAND: dict[str, BuilderInHand] = {}
FORM = "application/x-www-form-urlencoded"
# The next version of the stage's ontology.
SMALLER = {"features": DOCUMENT["features"][:1]}


def request_for(*names: str) -> Callable[[Builder], Builder]:
    def keep(builder: Builder) -> Builder:
        BUILDERS.update(dict.fromkeys(names, builder))
        return builder

    return keep


def request_in_hand(*names: str) -> Callable[[BuilderInHand], BuilderInHand]:
    def keep(builder: BuilderInHand) -> BuilderInHand:
        IN_HAND.update(dict.fromkeys(names, builder))
        return builder

    return keep


def _key_of(cell: Cell) -> str:
    names = (f"{cell.route} {cell.method}", cell.route)
    return next((name for name in names if name in BUILDERS or name in IN_HAND), "")


def is_the_same_for_all(cell: Cell) -> bool:
    """Whether everybody sends the same request at the door of ``cell``."""
    return _key_of(cell) not in IN_HAND


def requests_of(stage: Line, cell: Cell, person: Person | None) -> RequestOf:
    """The request of ``cell`` about the things of ``stage``, with what ``person`` could have in hand."""
    key = _key_of(cell)
    if key in IN_HAND:
        return IN_HAND[key](stage, person)
    return BUILDERS[key](stage) if key else RequestOf()


def slot_in_hand(stage: Line, person: Person | None) -> Slot:
    """A slot leased by ``person``, or by Lena where that person can hold none."""
    for holder in (person, stage.cast.lena):
        if holder is None:
            continue
        try:
            slots = queue.lease_next_rows(holder, stage.project).slots
        except Refusal:
            continue
        if slots:
            return slots[0]
    raise AssertionError("the stage has no row to lease")


@request_for("label", "review", "review-grid")
def of_editor(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.project.uid}, shows=[str(stage.project.uid)])


@request_for("api-claim")
def claim(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.project.uid}, {})


@request_for("api-claim-review")
def claim_review(stage: Line) -> RequestOf:
    submitted_label(stage)
    return RequestOf({"uid": stage.project.uid}, {})


@request_in_hand("asset", "api-row-picture")
def picture_in_hand(stage: Line, person: Person | None) -> RequestOf:
    row = slot_in_hand(stage, person).project_row
    return RequestOf({"uid": row.uid}, shows=[asset_file(row.data_row.asset_path).read_bytes()])


@request_in_hand("thumbnail")
def thumbnail_in_hand(stage: Line, person: Person | None) -> RequestOf:
    row = slot_in_hand(stage, person).project_row
    return RequestOf({"uid": row.uid}, shows=[asset_file(row.data_row.asset_path, is_thumbnail=True).read_bytes()])


@request_in_hand("api-slot-heartbeat")
def heartbeat(stage: Line, person: Person | None) -> RequestOf:
    slot = slot_in_hand(stage, person)
    return RequestOf({"uid": slot.uid}, {"lease_token": slot.lease_token, "interactions": 1})


@request_in_hand("api-slot-draft")
def draft(stage: Line, person: Person | None) -> RequestOf:
    slot = slot_in_hand(stage, person)
    return RequestOf({"uid": slot.uid}, {"base_revision": 0, "payload": {"features": []}, "tab": "t"})


@request_in_hand("api-slot-submit")
def submit(stage: Line, person: Person | None) -> RequestOf:
    slot = slot_in_hand(stage, person)
    body = {"lease_token": slot.lease_token, "payload": payload((1, 1, 9, 9)), "ontology_version": 1}
    return RequestOf({"uid": slot.uid}, body)


@request_in_hand("api-slot-skip")
def skip(stage: Line, person: Person | None) -> RequestOf:
    slot = slot_in_hand(stage, person)
    return RequestOf({"uid": slot.uid}, {"lease_token": slot.lease_token, "reason": "other"})


@request_in_hand("api-slot-release")
def release(stage: Line, person: Person | None) -> RequestOf:
    slot = slot_in_hand(stage, person)
    return RequestOf({"uid": slot.uid}, {"lease_token": slot.lease_token})


# --- Things that hang below the stage ---------------------------------------------------------------------------
def submitted_label(stage: Line) -> Label:
    """A label that Lena made, in review, with nobody holding its review."""
    found = Label.objects.filter(project=stage.project).first()
    if found is not None:
        return found
    Project.objects.filter(pk=stage.project.pk).update(review_share=100)
    slot = queue.lease_next_rows(stage.cast.lena, stage.project).slots[0]
    labels.submit_label(
        stage.cast.lena,
        str(slot.uid),
        token=slot.lease_token or 0,
        payload=payload((1, 1, 9, 9)),
        ontology_version=1,
        key="stage",
    )
    return Label.objects.get(slot=slot)


def question_of(stage: Line) -> str:
    return f"One car or two in {stage.project.name}?"


def issue_of_lena(stage: Line, text: str = "") -> Issue:
    found = Issue.objects.filter(project=stage.project).first()
    if found is None:
        row = submitted_label(stage).project_row
        found = issues.open_issue(stage.cast.lena, row, category="edge_case", text=text or question_of(stage))
    return found


def label_of_vera(stage: Line) -> Label:
    """A label that a person of the vendor made."""
    vera = stage.cast.vera
    found = Label.objects.filter(project=stage.project, labeler=vera).first()
    if found is not None:
        return found
    slot = queue.lease_next_rows(vera, stage.project).slots[0]
    token, done = slot.lease_token or 0, payload((1, 1, 9, 9))
    labels.submit_label(vera, str(slot.uid), token=token, payload=done, ontology_version=1, key="of vera")
    return Label.objects.get(slot=slot)


def issue_of_vera(stage: Line) -> Issue:
    found = Issue.objects.filter(project=stage.project, opened_by=stage.cast.vera).first()
    if found is None:
        row = label_of_vera(stage).project_row
        found = issues.open_issue(stage.cast.vera, row, category="edge_case", text="A van or a bus?")
    return found


def shared_view(stage: Line) -> IssueView:
    """A view of the project's issues that everybody on it has."""
    found = IssueView.objects.filter(project=stage.project).first()
    values: dict[str, Any] = {"name": "Late", "filters": {"due": "late"}, "is_shared": True}
    return found or issue_views.save_view(stage.cast.ada, stage.project, **values)


@request_for("api-issue-views")
def views_of_project(stage: Line) -> RequestOf:
    body = {"name": "Mine", "filters": {"assignee": "mine"}}
    return RequestOf({"uid": stage.project.uid}, body, shows=[str(shared_view(stage).uid)])


@request_for("api-issue-times")
def times_of_issues(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.project.uid})


@request_for("api-issue-view")
def view_of_issues(stage: Line) -> RequestOf:
    return RequestOf({"uid": shared_view(stage).uid}, {"name": "Overdue"})


@request_for("issue-view-act")
def act_on_view(stage: Line) -> RequestOf:
    return RequestOf({"uid": shared_view(stage).uid}, {"act": "rename", "name": "Overdue"}, content_type=FORM)


@request_for("issue-view-save")
def save_view(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.project.uid}, {"name": "Mine", "filters": "assignee=mine"}, content_type=FORM)


@request_for("issues-bulk")
def bulk_of_issues(stage: Line) -> RequestOf:
    body = {"issue": [issue_of_lena(stage).uid], "act": "resolve"}
    return RequestOf({"uid": stage.project.uid}, body, content_type=FORM)


@request_for("stream:project")
def stream_of_project(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.project.uid})


@request_for("stream:row")
def stream_of_row(stage: Line) -> RequestOf:
    return RequestOf({"uid": submitted_label(stage).project_row.uid})


@request_for("stream:issue")
def stream_of_issue(stage: Line) -> RequestOf:
    return RequestOf({"uid": issue_of_lena(stage).uid})


@request_for("stream:person")
def stream_of_lena(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.cast.lena.uid})


@request_for("healthz", "login", "admin:login", "admin:formulas", "api-schema")
@request_for("admin:logout", "logout", "admin:password_change", "admin:password_change_done")
@request_for("admin:roles", "password-reset", "sign-in-code", "account-sign-out-everywhere")
@request_for("second-factor")
def without_values(stage: Line) -> RequestOf:
    return RequestOf({})


@request_for("my-issues")
def own_issues(stage: Line) -> RequestOf:
    return RequestOf({}, shows=[str(issue_of_lena(stage).uid)])


@request_in_hand("account")
def own_account(stage: Line, person: Person | None) -> RequestOf:
    return RequestOf({}, shows=[(person or stage.cast.lia).email])


@request_for("password-reset-confirm")
def reset_link(stage: Line) -> RequestOf:
    token = default_token_generator.make_token(stage.cast.lia)
    body = {"new": "quiet-harbour-71", "again": "quiet-harbour-71"}
    return RequestOf({"uid": stage.cast.lia.uid, "token": token}, body, content_type=FORM, shows=['name="again"'])


@request_for("password-reset POST")
def ask_for_letter(stage: Line) -> RequestOf:
    return RequestOf({}, {"email": stage.cast.lia.email}, content_type=FORM)


@request_for("account-password")
def change_password(stage: Line) -> RequestOf:
    body = {"current": PASSWORD, "new": "quiet-harbour-71", "again": "quiet-harbour-71"}
    return RequestOf({}, body, content_type=FORM)


@request_for("account-name")
def rename(stage: Line) -> RequestOf:
    return RequestOf({}, {"name": "Another Name"}, content_type=FORM)


@request_for("account-session-end")
def session_of_nora(stage: Line) -> RequestOf:
    Client().force_login(stage.cast.nora)
    return RequestOf({"uid": stage.cast.nora.browser_sessions.latest("pk").uid}, {}, content_type=FORM)


@request_for("second-factor-begin")
def begin_second_factor(stage: Line) -> RequestOf:
    return RequestOf({}, {"password": PASSWORD}, content_type=FORM)


@request_in_hand("second-factor-confirm")
def confirm_second_factor(stage: Line, person: Person | None) -> RequestOf:
    return RequestOf({}, {"code": begun_factor(person or stage.cast.lia).now()}, content_type=FORM)


@request_in_hand("second-factor-codes", "second-factor-remove")
def act_on_second_factor(stage: Line, person: Person | None) -> RequestOf:
    owner = person or stage.cast.lia
    totp = begun_factor(owner)
    second_factor.confirm_set_up(owner, code=totp.now(), address=None)
    SecondFactor.objects.filter(person=owner).update(last_step=0)
    return RequestOf({}, {"code": totp.now(), "password": PASSWORD}, content_type=FORM)


def begun_factor(person: Person) -> pyotp.TOTP:
    return pyotp.TOTP(second_factor.begin_set_up(person, password=PASSWORD, address=None)[0])


@request_for("admin:alert-seen")
def alert_of_max(stage: Line) -> RequestOf:
    raised = alerts.raise_alert(stage.cast.home.pk, stage.cast.max, Alert.Kind.MANY_DENIALS)
    assert raised is not None
    return RequestOf({"uid": raised.uid}, {}, content_type=FORM)


@request_for("admin:alerts")
def alerts_of_home(stage: Line) -> RequestOf:
    return RequestOf({}, shows=[str(alert_of_max(stage).kwargs["uid"])])


@request_for("admin:organization-settings")
def settings_of_home(stage: Line) -> RequestOf:
    return RequestOf({}, shows=[str(stage.cast.home.uid)])


@request_for("admin:organization-change")
def change_organization(stage: Line) -> RequestOf:
    return RequestOf(
        {"uid": stage.cast.home.uid}, {"name": "Northlight", "time_zone": "Europe/Oslo"}, content_type=FORM
    )


@request_for("admin:organization-second-factor")
def require_second_factor(stage: Line) -> RequestOf:
    # Who asks it of others has one.
    act_on_second_factor(stage, stage.cast.ada)
    return RequestOf({"uid": stage.cast.home.uid}, {"is_required": "on"}, content_type=FORM)


@request_for("api-projects", "admin:projects", "admin:dashboard", "admin:index", "home")
def projects_of_stage(stage: Line) -> RequestOf:
    return RequestOf({}, shows=[str(stage.project.uid)])


@request_for("api-ontologies", "admin:ontologies", "admin:project-new")
def ontologies_of_stage(stage: Line) -> RequestOf:
    return RequestOf({}, shows=[str(stage.ontology.ontology.uid)])


@request_for("api-datasets", "admin:datasets")
def datasets_of_stage(stage: Line) -> RequestOf:
    return RequestOf({}, shows=[str(stage.dataset.uid)])


@request_for("admin:people")
def people_of_stage(stage: Line) -> RequestOf:
    return RequestOf({}, shows=[str(stage.cast.lia.memberships.get().uid)])


@request_for("admin:teams")
def teams_of_stage(stage: Line) -> RequestOf:
    return RequestOf({}, shows=[str(stage.cast.team.uid)])


@request_for("admin:tokens", "api-tokens")
def tokens_of_max(stage: Line) -> RequestOf:
    name = f"nightly of {stage.cast.home.uid}"
    tokens.issue_token(stage.cast.max, stage.cast.home, name=name, scopes=["read"])
    return RequestOf({}, shows=[name])


@request_in_hand("account-tokens")
def own_tokens(stage: Line, person: Person | None) -> RequestOf:
    """Of who has tokens here; somebody else's is shown to nobody."""
    name = f"nightly of {stage.cast.home.uid}"
    has_some = person is not None and Permission.MANAGE_TOKENS in access.permissions_of(person, stage.cast.home)
    owner = person if person is not None and has_some else stage.cast.max
    tokens.issue_token(owner, stage.cast.home, name=name, scopes=["read"])
    return RequestOf({}, shows=[name])


@request_for("admin:audit", "admin:audit-lines")
def acts_at_home(stage: Line) -> RequestOf:
    return RequestOf({}, shows=[str(invitation_to_the_vendor(stage).uid)])


@request_for("admin:jobs")
def jobs_of_max(stage: Line) -> RequestOf:
    return RequestOf({}, shows=job_of_max(stage).shows)


@request_for("admin:labels")
def labels_of_stage(stage: Line) -> RequestOf:
    return RequestOf({}, shows=[str(submitted_label(stage).project_row.uid)])


@request_for("admin:issues")
def issues_of_stage(stage: Line) -> RequestOf:
    return RequestOf({}, shows=[str(issue_of_lena(stage).uid)])


@request_for("admin:search")
def searched(stage: Line) -> RequestOf:
    return RequestOf({}, query="?s=Cars", shows=[str(stage.project.uid)])


@request_for("api-project-labels")
def labels_of_project(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.project.uid}, shows=[str(submitted_label(stage).uid)])


@request_for("api-project-issues", "admin:project-issues", "issues")
def issues_of_project(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.project.uid}, shows=[str(issue_of_lena(stage).uid)])


@request_for("api-project-performance", "admin:project-performance-csv", "admin:project-performance-json")
def performance_of_project(stage: Line) -> RequestOf:
    submitted_label(stage)
    return RequestOf({"uid": stage.project.uid}, shows=[str(stage.cast.lena.uid)])


@request_for("api-project", "api-project-export", "admin:project", "admin:project-settings", "admin:project-quality")
def of_project_alone(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.project.uid}, shows=[stage.project.name])


@request_for("api-project-agreement-rows", "admin:project-agreement-rows")
def rows_of_two(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.project.uid}, query=f"?a={stage.cast.lena.uid}&b={stage.project.uid}")


@request_for("admin:project-recompute", "api-project-recompute POST")
def recompute_project(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.project.uid})


@request_for("admin:project-consensus", "admin:project-benchmarks")
def page_of_project(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.project.uid}, shows=[stage.project.name])


@request_for("api-project-consensus")
def own_overlap(stage: Line) -> RequestOf:
    # Each stage asks for a number of its own.
    hours = stage.project.pk
    Project.objects.filter(pk=stage.project.pk).update(consensus_extra_hours=hours)
    return RequestOf({"uid": stage.project.uid}, shows=[f'"consensus_extra_hours":{hours}'])


@request_for("api-project-recompute")
def last_recompute(stage: Line) -> RequestOf:
    job = recompute.start_recompute(stage.cast.ada, stage.project)
    return RequestOf({"uid": stage.project.uid}, shows=[str(job.uid)])


@request_for("api-project-agreement", "admin:project-agreement")
def people_who_agree(stage: Line) -> RequestOf:
    older, newer = sorted([submitted_label(stage), label_of_vera(stage)], key=lambda label: label.pk)
    said = {"version_a": 1, "version_b": 1, "score": 0.5, "method": "one", "method_version": 1}
    PairScore.objects.create(project_row=older.project_row, label_a=older, label_b=newer, **said)
    return RequestOf({"uid": stage.project.uid}, shows=[str(stage.cast.lena.uid)])


@request_for("api-project-low-rows")
def low_rows(stage: Line) -> RequestOf:
    row = submitted_label(stage).project_row
    RowConsensus.objects.update_or_create(
        project_row=row, defaults={"project": stage.project, "score": 0.1, "status": RowConsensus.Status.TIE}
    )
    return RequestOf({"uid": stage.project.uid}, shows=[str(row.uid)])


@request_for("admin:project-quality-rows")
def mark_rows(stage: Line) -> RequestOf:
    row = low_rows(stage).shows[0]
    body = {"row": row, "act": "ambiguous", "reason": "The picture is too dark."}
    return RequestOf({"uid": stage.project.uid}, body, content_type=FORM)


@request_for("api-project-consensus PATCH", "api-project-consensus-preview")
def change_of_overlap(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.project.uid}, {"consensus_threshold": 0.7})


@request_for("api-project-low-rows POST")
def act_on_low_rows(stage: Line) -> RequestOf:
    row = low_rows(stage).shows[0]
    return RequestOf({"uid": stage.project.uid}, {"rows": [row], "act": "ambiguous", "reason": "It is too dark."})


@request_for("admin:project-consensus POST")
def form_of_overlap(stage: Line) -> RequestOf:
    body = {"consensus_share": 0, "consensus_labels": 3, "consensus_threshold": 0.7, "consensus_most_extra": 0}
    more = {"consensus_strategy": "agreement", "consensus_machine_weight": 0, "apply": 1}
    return RequestOf({"uid": stage.project.uid}, {**body, **more}, content_type=FORM)


@request_for("api-project-batches GET", "admin:project-data")
def batches_of_project(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.project.uid}, shows=[str(stage.project.batches.get().uid)])


@request_for("admin:project-people", "admin:project-performance")
def people_of_project(stage: Line) -> RequestOf:
    submitted_label(stage)
    return RequestOf({"uid": stage.project.uid}, shows=[stage.project.name, str(stage.cast.lena.uid)])


@request_for("admin:project-queue")
def queue_of_project(stage: Line) -> RequestOf:
    queue.lease_next_rows(stage.cast.leo, stage.project)
    return RequestOf({"uid": stage.project.uid}, shows=[stage.project.name, str(stage.cast.leo.uid)])


@request_for("admin:project-rows", "admin:project-board", "api-project-board")
def rows_of_project(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.project.uid}, shows=[str(submitted_label(stage).project_row.uid)])


@request_for("admin:(?P<url>.*)$")
def anything_else(stage: Line) -> RequestOf:
    return RequestOf({"path": "/admin/nothing/here/"})


@request_for("api-project PATCH")
def change_project(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.project.uid}, {"brief": "Find every car and its plate."})


@request_for("api-projects POST")
def new_project(stage: Line) -> RequestOf:
    body = {"organization": stage.cast.home.uid, "ontology": stage.ontology.ontology.uid, "name": "New", "brief": "x"}
    return RequestOf({}, body)


@request_for("api-project-batches")
def new_batch(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.project.uid}, {"name": "second", "dataset": stage.dataset.uid})


@request_for("api-batch", "admin:batch")
def of_batch(stage: Line) -> RequestOf:
    batch = stage.project.batches.get().uid
    return RequestOf({"uid": batch}, {"priority": 1}, shows=[str(batch)])


@request_for("admin:batch POST")
def change_batch(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.project.batches.get().uid}, {"priority": 1}, content_type=FORM)


@request_for("api-project-imports")
def new_import(stage: Line) -> RequestOf:
    body = {"kind": "labels", "dataset": stage.dataset.uid, "file": SimpleUploadedFile("labels.jsonl", b"{}\n")}
    return RequestOf({"uid": stage.project.uid}, body, content_type=MULTIPART_CONTENT)


@request_for("api-dataset-imports")
def new_import_of_dataset(stage: Line) -> RequestOf:
    body = {"kind": "data_rows", "file": SimpleUploadedFile("rows.jsonl", b"{}\n")}
    return RequestOf({"uid": stage.dataset.uid}, body, content_type=MULTIPART_CONTENT)


@request_for("api-ontologies POST")
def new_ontology(stage: Line) -> RequestOf:
    return RequestOf({}, {"organization": stage.cast.home.uid, "name": "New", "document": DOCUMENT})


@request_for("api-ontology", "admin:ontology")
def of_ontology(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.ontology.ontology.uid}, shows=[stage.ontology.ontology.name])


@request_for("api-ontology-versions")
def new_version(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.ontology.ontology.uid}, {"document": SMALLER})


@request_for("api-datasets POST")
def new_dataset(stage: Line) -> RequestOf:
    return RequestOf({}, {"organization": stage.cast.home.uid, "name": "New"})


@request_for("api-dataset", "admin:dataset")
def of_dataset(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.dataset.uid}, shows=[stage.dataset.name])


@request_for("api-dataset-data-rows")
def rows_of_dataset(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.dataset.uid}, shows=[str(submitted_label(stage).project_row.data_row.uid)])


@request_for("api-dataset-data-rows POST")
def new_rows(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.dataset.uid}, {"rows": [{"external_id": "new"}]})


@request_for("api-dataset-pictures")
def new_picture(stage: Line) -> RequestOf:
    body = encode_multipart(BOUNDARY, {"pictures": SimpleUploadedFile("new.png", picture_bytes("red").read())})
    return RequestOf({"uid": stage.dataset.uid}, body, content_type=MULTIPART_CONTENT)


@request_for("api-tokens POST")
def new_token(stage: Line) -> RequestOf:
    return RequestOf({}, {"organization": stage.cast.home.uid, "name": "t", "scopes": ["read"], "days": 3})


@request_for("api-token", "admin:token-revoke", "account-token-revoke")
def token_of_max(stage: Line) -> RequestOf:
    token, _ = tokens.issue_token(stage.cast.max, stage.cast.home, name="nightly", scopes=["read"])
    return RequestOf({"uid": token.uid})


@request_for("api-job")
def job_of_max(stage: Line) -> RequestOf:
    job = jobs.start_job(stage.cast.max, stage.cast.home, kind="import", task="labeling.tasks.run_import", settings={})
    return RequestOf({"uid": job.uid}, shows=[str(job.uid)])


@request_for("api-job-problems", "admin:job")
def problem_of_job(stage: Line) -> RequestOf:
    asked = job_of_max(stage)
    job, message = Job.objects.get(uid=asked.kwargs["uid"]), f"Line 1 of {stage.dataset.uid} is no JSON."
    JobProblem.objects.create(job=job, position=1, code="not_json", message=message)
    return replace(asked, shows=[message])


@request_for("admin:jobs-again")
def try_jobs_again(stage: Line) -> RequestOf:
    job_of_max(stage)
    Event.objects.filter(organization=stage.cast.home).exclude(task="").update(is_quarantined=True)
    return RequestOf({"uid": stage.cast.home.uid}, {}, content_type=FORM)


@request_in_hand("api-slot-decide")
def decide(stage: Line, person: Person | None) -> RequestOf:
    label = submitted_label(stage)
    for holder in (person, stage.cast.rita):
        try:
            slots = queue.lease_next_rows(holder, stage.project, kind=Slot.Kind.REVIEW).slots if holder else ()
        except Refusal:
            continue
        if slots:
            body = {"lease_token": slots[0].lease_token, "version": label.last_version, "decision": "approve"}
            return RequestOf({"uid": slots[0].uid}, body)
    raise AssertionError("the stage has no label to review")


@request_for("api-review-grid")
def claim_for_grid(stage: Line) -> RequestOf:
    submitted_label(stage)
    return RequestOf({"uid": stage.project.uid}, {})


@request_in_hand("row-history", "api-row-history", "admin:row-history")
def history_in_hand(stage: Line, person: Person | None) -> RequestOf:
    decide(stage, person)
    row = submitted_label(stage).project_row.uid
    return RequestOf({"uid": row}, shows=[str(row)])


@request_in_hand("api-review-grid-decide")
def decide_many(stage: Line, person: Person | None) -> RequestOf:
    asked = decide(stage, person)
    slot = asked.kwargs["uid"]
    return RequestOf(
        {"uid": stage.project.uid}, {"items": [{**asked.body, "slot": slot, "key": str(slot)}], "timed": slot}
    )


@request_in_hand("api-review-grid-give-back")
def give_back_many(stage: Line, person: Person | None) -> RequestOf:
    asked = decide(stage, person)
    held = {"slot": asked.kwargs["uid"], "lease_token": asked.body["lease_token"]}
    return RequestOf({"uid": stage.project.uid}, {"items": [held]})


@request_for("api-row-issues")
def ask(stage: Line) -> RequestOf:
    row = submitted_label(stage).project_row
    return RequestOf({"uid": row.uid}, {"category": "edge_case", "text": "What is this?"})


@request_for("api-issue", "admin:issue")
def of_issue(stage: Line) -> RequestOf:
    issue = issue_of_lena(stage).uid
    return RequestOf({"uid": issue}, shows=[str(issue)])


@request_for("api-issue-comment")
def say(stage: Line) -> RequestOf:
    return RequestOf({"uid": issue_of_lena(stage).uid}, {"text": "Two."})


@request_for("api-issue-resolve")
def resolve(stage: Line) -> RequestOf:
    return RequestOf({"uid": issue_of_lena(stage).uid}, {})


@request_for("api-issue-reopen", "admin:issue-reopen")
def reopen(stage: Line) -> RequestOf:
    issue = issues.resolve_issue(stage.cast.ada, issue_of_lena(stage))
    return RequestOf({"uid": issue.uid}, {})


def comment_of_lena(stage: Line) -> IssueComment:
    return issue_of_lena(stage).comments.order_by("pk")[0]


@request_for("api-issue-change")
def change_issue(stage: Line) -> RequestOf:
    return RequestOf({"uid": issue_of_lena(stage).uid}, {"assignee": {"role": "reviewer"}, "severity": "high"})


@request_for("api-issue-duplicate")
def mark_duplicate(stage: Line) -> RequestOf:
    return RequestOf({"uid": issue_of_lena(stage).uid}, {"number": root_of_lena(stage).number})


def root_of_lena(stage: Line) -> Issue:
    """Another question of lena's, about the same row."""
    first = issue_of_lena(stage)
    return issues.open_issue(stage.cast.lena, first.project_row, category="edge_case", text="Vans?")


@request_for("api-issue-mentionable", "api-issue-events")
def about_issue(stage: Line) -> RequestOf:
    issue = issue_of_lena(stage).uid
    return RequestOf({"uid": issue}, shows=[str(issue)])


@request_for("api-row-mentionable")
def mentionable_beside(stage: Line) -> RequestOf:
    row = submitted_label(stage).project_row.uid
    return RequestOf({"uid": row}, shows=[str(row)])


@request_for("api-issue-comment-edit")
def edit_comment(stage: Line) -> RequestOf:
    return RequestOf({"uid": comment_of_lena(stage).uid}, {"text": "One car, or two?"})


@request_for("api-issue-comment-withdraw")
def withdraw_comment(stage: Line) -> RequestOf:
    return RequestOf({"uid": comment_of_lena(stage).uid}, {})


@request_for("api-issue-comment-versions")
def versions_of_comment(stage: Line) -> RequestOf:
    said = comment_of_lena(stage)
    return RequestOf({"uid": said.uid}, shows=[said.text])


@request_for("my-issue-move")
def move_own_issue(stage: Line) -> RequestOf:
    return RequestOf({"uid": issue_of_lena(stage).uid}, {}, content_type=FORM)


@request_for("my-issue-comment")
def change_own_comment(stage: Line) -> RequestOf:
    return RequestOf({"uid": comment_of_lena(stage).uid}, {"text": "One, or two?", "act": "edit"}, content_type=FORM)


@request_for("admin:issue-change")
def change_issue_on_page(stage: Line) -> RequestOf:
    return RequestOf({"uid": issue_of_lena(stage).uid}, {"severity": "high"}, content_type=FORM)


@request_for("admin:issue-duplicate")
def mark_duplicate_on_page(stage: Line) -> RequestOf:
    body = {"number": root_of_lena(stage).number}
    return RequestOf({"uid": issue_of_lena(stage).uid}, body, content_type=FORM)


@request_for("admin:issue-comment-edit", "admin:issue-comment-withdraw")
def change_comment_on_page(stage: Line) -> RequestOf:
    said = issues.comment(stage.cast.pia, issue_of_lena(stage), "Two.")
    return RequestOf({"uid": said.uid}, {"text": "Two of them."}, content_type=FORM)


@request_for("api-issue-categories", "admin:project-issue-categories")
def categories_of(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.project.uid}, shows=[str(category_of(stage).uid)])


@request_for("api-issue-categories POST")
def add_category(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.project.uid}, {"name": "Weather"})


@request_for("admin:project-issue-category-add")
def add_category_on_page(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.project.uid}, {"name": "Weather", "description": "Rain."}, content_type=FORM)


def category_of(stage: Line) -> IssueCategory:
    return IssueCategory.objects.get(project=stage.project, code="vote")


@request_for("api-issue-category")
def change_category(stage: Line) -> RequestOf:
    return RequestOf({"uid": category_of(stage).uid}, {"name": "Vote"})


@request_for("admin:issue-category-change")
def change_category_on_page(stage: Line) -> RequestOf:
    return RequestOf({"uid": category_of(stage).uid}, {"name": "Vote"}, content_type=FORM)


@request_for("admin:row")
def of_row(stage: Line) -> RequestOf:
    label = submitted_label(stage)
    return RequestOf({"uid": label.project_row.uid}, shows=[str(label.uid)])


@request_for("admin:row-gold-remove")
def remove_gold(stage: Line) -> RequestOf:
    label = submitted_label(stage)
    benchmarks.make_benchmark_from(stage.cast.ada, label)
    return RequestOf({"uid": label.project_row.uid}, {}, content_type=FORM)


RULE = {
    "name": "Stop the careless",
    "collector": "benchmark",
    "window": 20,
    "least": 10,
    "condition": "surely_below",
    "bar": 0.6,
    "action": "notify",
    "review_share": 100,
    "skill_value": 0,
    "told": "Please read the guidelines again.",
}


def tried_rule(stage: Line) -> QualityRule:
    rule = rules.make_rule(stage.cast.ada, stage.project, **RULE)
    rules.try_rule(stage.cast.ada, rule)
    return rule


@request_for("api-quality-rules POST")
def new_rule(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.project.uid}, RULE)


@request_for("admin:project-rules", "api-quality-rules")
def of_rules(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.project.uid}, shows=[str(tried_rule(stage).uid)])


@request_for("api-rule-acts")
def acts_of_rules(stage: Line) -> RequestOf:
    rule = tried_rule(stage)
    RuleAct.objects.create(
        rule=rule,
        project=stage.project,
        person=stage.cast.lena,
        upto=1,
        action=rule.action,
        evidence={"value": 0.4, "low": 0.2, "high": 0.6, "n": 12, "results": []},
    )
    return RequestOf({"uid": stage.project.uid}, shows=[str(rule.uid)])


@request_for("admin:project-rules POST")
def rule_by_form(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.project.uid}, RULE, content_type=FORM)


@request_for("api-quality-rule PATCH")
def change_rule(stage: Line) -> RequestOf:
    return RequestOf({"uid": tried_rule(stage).uid}, {"bar": 0.5})


@request_for("admin:rule-change")
def rule_to_change(stage: Line) -> RequestOf:
    rule = tried_rule(stage)
    return RequestOf({"uid": rule.uid}, shows=[str(rule.uid)])


@request_for("admin:rule-change POST")
def change_by_form(stage: Line) -> RequestOf:
    return RequestOf({"uid": tried_rule(stage).uid}, RULE, content_type=FORM)


@request_for("api-quality-rule DELETE", "admin:rule-retire")
def retire_rule(stage: Line) -> RequestOf:
    return RequestOf({"uid": tried_rule(stage).uid}, {})


@request_for("api-quality-rule-try", "admin:rule-try")
def try_rule(stage: Line) -> RequestOf:
    return RequestOf({"uid": tried_rule(stage).uid}, {})


@request_for("api-quality-rule-switch")
def switch_rule(stage: Line) -> RequestOf:
    return RequestOf({"uid": tried_rule(stage).uid}, {"is_on": True})


@request_for("admin:rule-switch")
def switch_rule_by_form(stage: Line) -> RequestOf:
    return RequestOf({"uid": tried_rule(stage).uid}, {"on": "yes"}, content_type=FORM)


def supervised(stage: Line) -> Supervision:
    return supervision.start(stage.cast.ada, stage.project, Plan())


@request_for("admin:project-supervision", "api-project-supervision-moves")
def of_supervision(stage: Line) -> RequestOf:
    """What a refused move said is found on this stage only."""
    kept = supervised(stage)
    said = f"nothing of {stage.project.uid}"
    at = {"project": stage.project, "kind": "refused", "step": 0, "review_share": 100, "consensus_share": 100}
    SupervisionMove.objects.create(said=said, bar=kept.bar, **at)
    return RequestOf({"uid": stage.project.uid}, shows=[said])


@request_for("api-project-supervision")
def read_supervision(stage: Line) -> RequestOf:
    # Each stage has a number of its own.
    window = 20 + stage.project.pk % 900
    supervision.start(stage.cast.ada, stage.project, Plan(window=window, least=20, bar=0.5))
    return RequestOf({"uid": stage.project.uid}, shows=[f'"window":{window},'])


@request_for("api-project-supervision PUT")
def start_supervision(stage: Line) -> RequestOf:
    steps = [{"review_share": 100, "consensus_share": 100}, {"review_share": 20, "consensus_share": 10}]
    return RequestOf({"uid": stage.project.uid}, {"steps": steps})


@request_for("api-project-supervision DELETE")
def stop_supervision(stage: Line) -> RequestOf:
    supervised(stage)
    return RequestOf({"uid": stage.project.uid})


@request_for("admin:project-supervision POST")
def start_by_form(stage: Line) -> RequestOf:
    body = {"steps": "100/100, 20/10", "labels": 3, "measure": "approval", "bar": 0.9}
    body |= {"window": 100, "least": 30, "at_step": 1}
    return RequestOf({"uid": stage.project.uid}, body, content_type=FORM)


@request_for("admin:project-supervision-stop")
def stop_by_form(stage: Line) -> RequestOf:
    supervised(stage)
    return RequestOf({"uid": stage.project.uid}, {}, content_type=FORM)


def stepped(stage: Line) -> tuple[str, int]:
    """Three steps, the last called as on this stage only, and their version."""
    said = f"look of {stage.project.uid}"
    steps = [Step(1, share=stage.project.review_share), Step(name="Second review"), Step(name=said)]
    return said, review_steps.change_steps(stage.cast.ada, stage.project, steps)[1]


@request_for("admin:project-review-steps", "api-project-review-steps")
def of_review_steps(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.project.uid}, shows=[stepped(stage)[0]])


@request_for("api-project-review-steps PUT")
def change_review_steps(stage: Line) -> RequestOf:
    return RequestOf(
        {"uid": stage.project.uid}, {"version": stepped(stage)[1], "steps": [{"number": 1, "name": "Look"}]}
    )


@request_for("api-project-review-steps-preview")
def preview_review_steps(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.project.uid}, {"steps": [{"number": 1, "name": "Look"}]})


@request_for("admin:project-review-step")
def of_review_step(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.project.uid, "number": 3}, shows=[stepped(stage)[0]])


STEP_FORM = {"name": "Look", "decided_by": "reviewers", "looks_at": "every", "method": "fixed", "share": 5}


@request_for("admin:project-review-steps POST")
def add_review_step(stage: Line) -> RequestOf:
    body = {**STEP_FORM, "most": 100, "target": 5, "version": stepped(stage)[1]}
    return RequestOf({"uid": stage.project.uid}, body, content_type=FORM)


@request_for("admin:project-review-step POST")
def change_review_step(stage: Line) -> RequestOf:
    body = {**STEP_FORM, "most": 100, "target": 5, "version": stepped(stage)[1]}
    return RequestOf({"uid": stage.project.uid, "number": 3}, body, content_type=FORM)


@request_for("admin:project-review-step-earlier", "admin:project-review-step-remove")
def move_review_step(stage: Line) -> RequestOf:
    version = stepped(stage)[1]
    return RequestOf({"uid": stage.project.uid, "number": 3}, {"version": version}, content_type=FORM)


def gold_of_lena(stage: Line) -> Label:
    label = submitted_label(stage)
    benchmarks.make_benchmark_from(stage.cast.ada, label)
    return label


@request_for("api-benchmark-policy PATCH")
def change_policy(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.project.uid}, {"base_rate": 20})


@request_for("api-benchmark-policy")
def own_policy(stage: Line) -> RequestOf:
    # Each stage has a number of its own.
    first = stage.project.pk % 1000
    rates_of = {"first_rows": first, "base_rate": 10, "least_rate": 2, "most_rate": 30, "bar": 0.9}
    BenchmarkPolicy.objects.update_or_create(project=stage.project, defaults={**rates_of, "set_by": stage.cast.ada})
    return RequestOf({"uid": stage.project.uid}, shows=[f'"first_rows":{first},'])


@request_for("admin:project-benchmarks POST")
def policy_by_form(stage: Line) -> RequestOf:
    body = {"first_rows": 5, "base_rate": 10, "least_rate": 2, "most_rate": 30, "bar": 0.9}
    return RequestOf({"uid": stage.project.uid}, body, content_type=FORM)


@request_for("api-benchmarks")
def read_benchmarks(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.project.uid}, shows=[str(gold_of_lena(stage).project_row.uid)])


@request_for("api-accuracy")
def read_accuracy(stage: Line) -> RequestOf:
    benchmarks.make_benchmark(stage.cast.eva, submitted_label(stage).project_row, payload=payload((1, 1, 20, 20)))
    return RequestOf({"uid": stage.project.uid}, shows=[str(stage.cast.lena.uid)])


@request_for("api-row-benchmark POST")
def make_gold_of_row(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.project.rows.first().uid}, {"payload": payload((1, 1, 20, 20))})


@request_for("api-row-benchmark PATCH", "api-row-benchmark DELETE")
def change_gold_of_row(stage: Line) -> RequestOf:
    return RequestOf({"uid": gold_of_lena(stage).project_row.uid}, {"rationale": "Clearer so."})


@request_for("api-row-benchmark-accept")
def accept_answer(stage: Line) -> RequestOf:
    label = gold_of_lena(stage)
    return RequestOf({"uid": label.project_row.uid}, {"label": label.uid, "rationale": "Right too."})


@request_for("admin:row-gold-accept")
def accept_answer_by_form(stage: Line) -> RequestOf:
    label = gold_of_lena(stage)
    return RequestOf({"uid": label.project_row.uid}, {"label": label.uid}, content_type=FORM)


@request_for("api-row-benchmark-decide")
def decide_gold(stage: Line) -> RequestOf:
    label = gold_of_lena(stage)
    contest = {"labels": [str(label.uid)], "instead": {"label": str(label.uid), "version": 1}, "trusted_for_gold": 0}
    Benchmark.objects.update(state="suspended", contest=contest)
    return RequestOf({"uid": label.project_row.uid}, {"decision": "keep", "reason": "Rule 3."})


@request_for("api-project-findings", "admin:project-findings")
def findings_of_project(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.project.uid}, shows=[str(decide_gold(stage).kwargs["uid"])])


@request_for("my-gold")
def gold_to_decide(stage: Line) -> RequestOf:
    return RequestOf({}, shows=[str(decide_gold(stage).kwargs["uid"])])


@request_for("admin:row-gold-decide", "my-gold-decide")
def decide_gold_by_form(stage: Line) -> RequestOf:
    asked = decide_gold(stage)
    return RequestOf(asked.kwargs, asked.body, content_type=FORM)


@request_for("admin:row-gold-tolerances")
def set_tolerances(stage: Line) -> RequestOf:
    return RequestOf({"uid": gold_of_lena(stage).project_row.uid}, {"reason": "Near is enough."}, content_type=FORM)


@request_for("api-row-benchmark-draw", "admin:row-gold-draw")
def draw_gold(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.project.rows.first().uid}, {})


@request_for("my-gold-draw")
def draw_gold_by_name(stage: Line) -> RequestOf:
    name = stage.project.rows.first().data_row.external_id
    return RequestOf({"uid": stage.project.uid}, {"external_id": name}, content_type=FORM)


@request_for("admin:label-gold")
def label_beside_gold(stage: Line) -> RequestOf:
    label = submitted_label(stage)
    benchmarks.make_benchmark(stage.cast.eva, label.project_row, payload=payload((1, 1, 20, 20)))
    return RequestOf({"uid": label.uid}, shows=[label.project_row.data_row.external_id])


@request_for("admin:row-winner", "admin:row-gold", "admin:row-ask")
def act_on_row(stage: Line) -> RequestOf:
    label = submitted_label(stage)
    body = {"label": label.uid, "reason": "It is the better one."}
    return RequestOf({"uid": label.project_row.uid}, body, content_type=FORM)


@request_for("admin:issue-comment", "admin:issue-resolve", "my-issue-say")
def act_on_issue(stage: Line) -> RequestOf:
    return RequestOf({"uid": issue_of_lena(stage).uid}, {"text": "Two.", "key": "k"}, content_type=FORM)


@request_for("admin:person")
def of_person(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.cast.nora.memberships.get().uid}, shows=[stage.cast.nora.email])


@request_for("admin:person-change")
def change_person(stage: Line) -> RequestOf:
    body = {"organization": stage.cast.home.uid, "role": "viewer", "is_active": "on"}
    return RequestOf({"uid": stage.cast.nora.memberships.get().uid}, body, content_type=FORM)


@request_for("admin:people-change")
def change_people(stage: Line) -> RequestOf:
    body = {"people": [stage.cast.nora.memberships.get().uid], "act": "deactivate"}
    return RequestOf({}, body, content_type=FORM)


@request_for("api-people")
def people_of_home(stage: Line) -> RequestOf:
    return RequestOf({}, shows=[str(stage.cast.vera.memberships.get().uid)])


@request_for("api-person")
def person_of_the_vendor(stage: Line) -> RequestOf:
    vera = stage.cast.vera
    return RequestOf({"uid": vera.memberships.get().uid}, {"is_active": False}, shows=[vera.email])


@request_for("organizations")
def organizations_of_person(stage: Line) -> RequestOf:
    return RequestOf({}, shows=[str(stage.cast.home.uid)])


@request_for("organization-choose")
def choose_organization(stage: Line) -> RequestOf:
    return RequestOf({}, {"organization": stage.cast.home.uid}, content_type=FORM)


@request_for("organization-leave")
def leave_organization(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.cast.home.uid}, {}, content_type=FORM)


@request_for("admin:team")
def of_team(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.cast.team.uid}, shows=[str(stage.cast.team.uid), str(stage.cast.lena.uid)])


@request_for("admin:people-invite POST")
def invite_by_form(stage: Line) -> RequestOf:
    body = {"organization": stage.cast.home.uid, "addresses": "nia@example.org", "role": "member"}
    return RequestOf({}, body, content_type=FORM)


@request_for("admin:people POST")
def new_person(stage: Line) -> RequestOf:
    body = {"organization": stage.cast.home.uid, "email": "new@example.net", "name": "New", "role": "member"}
    return RequestOf({}, body, content_type=FORM)


@request_for("admin:teams POST")
def new_team(stage: Line) -> RequestOf:
    return RequestOf({}, {"organization": stage.cast.home.uid, "name": "New", "kind": "internal"}, content_type=FORM)


@request_for("admin:team POST")
def team_people(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.cast.team.uid}, {"people": [stage.cast.leo.uid]}, content_type=FORM)


@request_for("admin:tokens POST", "account-tokens POST")
def new_token_by_form(stage: Line) -> RequestOf:
    body = {"organization": stage.cast.home.uid, "name": "t", "scopes": ["read"], "days": 3}
    return RequestOf({}, body, content_type=FORM)


@request_for("admin:datasets POST")
def new_dataset_by_form(stage: Line) -> RequestOf:
    return RequestOf({}, {"organization": stage.cast.home.uid, "name": "New"}, content_type=FORM)


@request_for("admin:dataset POST")
def new_picture_by_form(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.dataset.uid}, new_picture(stage).body, content_type=MULTIPART_CONTENT)


@request_for("admin:ontologies POST")
def new_ontology_by_form(stage: Line) -> RequestOf:
    body = {"organization": stage.cast.home.uid, "name": "New", "document": json.dumps(DOCUMENT)}
    return RequestOf({}, body, content_type=FORM)


@request_for("admin:ontology POST")
def new_version_by_form(stage: Line) -> RequestOf:
    body = {"document": json.dumps(SMALLER)}
    return RequestOf({"uid": stage.ontology.ontology.uid}, body, content_type=FORM)


QUALITY = {
    "consensus_share": 0,
    "consensus_labels": 3,
    "consensus_threshold": 0.75,
    "review_share": 10,
    "review_of": "winner",
}


@request_for("admin:project-new POST")
def new_project_by_form(stage: Line) -> RequestOf:
    ontology = stage.ontology.ontology.uid
    body = {"organization": stage.cast.home.uid, "ontology": ontology, "name": "New", "brief": "x", **QUALITY}
    return RequestOf({}, body, content_type=FORM)


@request_for("admin:project-settings POST")
def new_settings(stage: Line) -> RequestOf:
    body = {"name": stage.project.name, "brief": "Other words.", "state": "active", "lease_idle_minutes": 30, **QUALITY}
    return RequestOf({"uid": stage.project.uid}, body, content_type=FORM)


@request_for("admin:project-data POST")
def new_batch_by_form(stage: Line) -> RequestOf:
    body = {"name": "second", "dataset": stage.dataset.uid, "priority": 3}
    return RequestOf({"uid": stage.project.uid}, body, content_type=FORM)


@request_for("admin:project-people POST")
def new_grant(stage: Line) -> RequestOf:
    body = {"receiver": f"person:{stage.cast.lia.uid}", "role": "reviewer"}
    return RequestOf({"uid": stage.project.uid}, body, content_type=FORM)


@request_for("admin:project-people-revoke")
def revoke(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.project.uid}, {"receiver": f"person:{stage.cast.leo.uid}"}, content_type=FORM)


@request_for("admin:project-queue-return")
def return_row(stage: Line) -> RequestOf:
    (slot, *_) = queue.lease_next_rows(stage.cast.leo, stage.project).slots
    queue.skip_slot(stage.cast.leo, str(slot.uid), slot.lease_token or 0, reason="unclear_rule")
    return RequestOf({"uid": stage.project.uid}, {"row": slot.project_row.uid}, content_type=FORM)


@request_for("admin:project-queue-withdraw")
def withdraw(stage: Line) -> RequestOf:
    label = submitted_label(stage)
    Slot.objects.filter(pk=label.slot_id).update(state=Slot.State.IN_REWORK, is_rework=True)
    return RequestOf({"uid": stage.project.uid}, {"slot": label.slot.uid}, content_type=FORM)


@request_for("admin:project-queue-clear")
def clear(stage: Line) -> RequestOf:
    queue.lease_next_rows(stage.cast.leo, stage.project)
    return RequestOf({"uid": stage.project.uid}, {"person": stage.cast.leo.uid}, content_type=FORM)


# --- Invitations --------------------------------------------------------------------------------------------------
def invitation_to_the_vendor(stage: Line) -> Invitation:
    cast, email = stage.cast, f"nia-{stage.cast.vendor.uid}@example.org"
    return invitations.invite_person(cast.max, cast.home, email=email, role="member", vendor=cast.vendor)


@request_for("invitation")
def open_link(stage: Line) -> RequestOf:
    body = {"name": "Nia New", "password": "a long way home 7", "again": "a long way home 7"}
    signed = invitations.signed_link(invitation_to_the_vendor(stage))
    return RequestOf({"signed": signed}, body, content_type=FORM, shows=[f"of {stage.cast.vendor.name}."])


@request_for("api-invitations")
def invitations_of_home(stage: Line) -> RequestOf:
    return RequestOf({}, shows=[str(invitation_to_the_vendor(stage).uid)])


@request_for("admin:people-invite")
def page_of_invitations(stage: Line) -> RequestOf:
    return RequestOf({}, shows=[invitation_to_the_vendor(stage).email])


@request_in_hand("api-invitations POST")
def new_invitation(stage: Line, person: Person | None) -> RequestOf:
    body = {"organization": stage.cast.home.uid, "email": "nia@example.org", "role": "member"}
    return RequestOf({}, body | ({"vendor": stage.cast.vendor.uid} if person == stage.cast.vito else {}))


@request_for("api-invitation", "admin:invitation-revoke", "admin:invitation-again")
@request_for("vendor-invitation-again", "vendor-invitation-revoke")
def of_invitation(stage: Line) -> RequestOf:
    return RequestOf({"uid": invitation_to_the_vendor(stage).uid}, {}, content_type=FORM)


# --- Rates ----------------------------------------------------------------------------------------------------------
RATE = {"amount": "12.5", "currency": "EUR", "per": "hour", "valid_from": "2026-01-01"}


@request_for("admin:person-rates")
def rate_of_person(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.cast.nora.memberships.get().uid}, RATE, content_type=FORM)


@request_for("admin:team-rates")
def rate_of_vendor(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.cast.vendor.uid}, RATE, content_type=FORM)


@request_for("admin:rate-end", "admin:rate-remove")
def of_rate(stage: Line) -> RequestOf:
    values = {**RATE, "amount": Decimal(12), "valid_from": date(2026, 1, 1)}
    rate = rates.set_rate(stage.cast.max, stage.cast.vendor, **values)
    return RequestOf({"uid": rate.uid}, {"valid_until": "2026-02-01"}, content_type=FORM)


# --- Working hours --------------------------------------------------------------------------------------------------
WEEK = dict.fromkeys(capacity.WEEKDAYS, "6")


@request_for("admin:person-hours")
def hours_of_person(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.cast.nora.memberships.get().uid}, WEEK, content_type=FORM)


@request_for("admin:team-hours")
def hours_of_team(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.cast.team.uid}, WEEK, content_type=FORM)


@request_for("admin:person-days-off")
def new_days_off(stage: Line) -> RequestOf:
    body = {"first_on": "2026-12-01", "last_on": "2026-12-04"}
    return RequestOf({"uid": stage.cast.nora.memberships.get().uid}, body, content_type=FORM)


@request_for("admin:days-off-remove")
def of_days_off(stage: Line) -> RequestOf:
    nora = stage.cast.nora.memberships.get()
    days = capacity.add_days_off(stage.cast.max, nora, first_on=date(2026, 12, 1), last_on=date(2026, 12, 4))
    return RequestOf({"uid": days.uid}, {}, content_type=FORM)


# --- Guidelines -------------------------------------------------------------------------------------------------
def guidelines_of_pia(stage: Line) -> GuidelineVersion:
    return guidelines.publish_version(stage.cast.pia, stage.project, text=f"# Cars\n\n{told_by_pia(stage)}", after=0)


def told_by_pia(stage: Line) -> str:
    return f"A box around every car of {stage.project.uid}"


@request_for("guidelines", "api-project-guidelines", "api-project-guidelines-versions", "admin:project-guidelines")
def of_guidelines(stage: Line) -> RequestOf:
    guidelines_of_pia(stage)
    return RequestOf({"uid": stage.project.uid}, shows=[told_by_pia(stage)])


@request_for("guidelines POST", "admin:project-guidelines POST")
def form_of_guidelines(stage: Line) -> RequestOf:
    body = {"version": guidelines_of_pia(stage).number, "after": "1", "text": "# Vans"}
    return RequestOf({"uid": stage.project.uid}, body, content_type=FORM)


@request_for("api-project-guidelines POST")
def new_guidelines(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.project.uid}, {"text": "# Cars", "after": 0})


@request_for("api-project-guidelines-acknowledge")
def read_guidelines(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.project.uid}, {"version": guidelines_of_pia(stage).number})


# --- Pauses -----------------------------------------------------------------------------------------------------
PAUSED = {"reason": "Loose boxes.", "told": "Talk to Pia first."}


def pause_of_lena(stage: Line) -> Pause:
    return pauses.pause_person(stage.cast.pia, stage.project, stage.cast.lena, **PAUSED)


@request_for("api-project-pauses POST")
def new_pause(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.project.uid}, {**PAUSED, "person": stage.cast.lena.uid})


@request_for("api-project-pauses")
def pauses_of_project(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.project.uid}, shows=[str(pause_of_lena(stage).uid)])


@request_for("api-pause-resume")
def resume(stage: Line) -> RequestOf:
    return RequestOf({"uid": pause_of_lena(stage).uid}, {})


# --- People on a project ----------------------------------------------------------------------------------------
def of_lena_here(stage: Line) -> dict[str, Any]:
    return {"uid": stage.project.uid, "person_uid": stage.cast.lena.uid}


@request_for("admin:project-person", "admin:project-person-limit")
def lena_here(stage: Line) -> RequestOf:
    return RequestOf(of_lena_here(stage), {"rows": "40"}, content_type=FORM, shows=[lena_on_project(stage)])


def lena_on_project(stage: Line) -> str:
    """The head of an explanation of what she may do there."""
    return f"{stage.cast.lena.name} on {stage.project.name}"


@request_for("my-team")
def team_of_tom(stage: Line) -> RequestOf:
    # Everybody's own uid stands in the frame of every page.
    return RequestOf({}, shows=[f"person={stage.cast.lena.uid}#pause"])


@request_for("my-team-pause")
def pause_by_the_lead(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.project.uid}, {**PAUSED, "person": stage.cast.lena.uid}, content_type=FORM)


@request_for("my-team-resume")
def resume_by_the_lead(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.project.uid}, {"pause": pause_of_lena(stage).uid}, content_type=FORM)


@request_for("admin:project-person-pause")
def pause_here(stage: Line) -> RequestOf:
    return RequestOf(of_lena_here(stage), PAUSED, content_type=FORM)


@request_for("admin:project-person-resume")
def resume_here(stage: Line) -> RequestOf:
    return RequestOf(of_lena_here(stage), {"pause": pause_of_lena(stage).uid}, content_type=FORM)


@request_for("api-project-day-limit")
def limit_of_lena(stage: Line) -> RequestOf:
    return RequestOf(of_lena_here(stage), {"rows": 40})


@request_for("admin:project-person-share")
def share_here(stage: Line) -> RequestOf:
    return RequestOf(of_lena_here(stage), {"percent": "30", "counts_from": "50"}, content_type=FORM)


@request_for("api-project-share-limit")
def share_of_lena(stage: Line) -> RequestOf:
    return RequestOf(of_lena_here(stage), {"percent": 30})


@request_for("api-project-grants")
def grants_here(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.project.uid}, shows=[str(grant_of_leo(stage).uid)])


@request_for("api-project-grants POST")
def new_grant_over_the_api(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.project.uid}, {"person": stage.cast.nora.uid, "role": "labeler"})


def grant_of_leo(stage: Line) -> ProjectPersonGrant:
    return ProjectPersonGrant.objects.get(content_object=stage.project, user=stage.cast.leo)


@request_for("api-grant", "api-grant-keep")
def of_grant(stage: Line) -> RequestOf:
    return RequestOf({"uid": grant_of_leo(stage).uid}, {})


def old_grant_of_leo(stage: Line) -> ProjectPersonGrant:
    """Given so long ago that somebody has to look at it again."""
    grant = grant_of_leo(stage)
    ProjectPersonGrant.objects.filter(pk=grant.pk).update(granted_at=ClockTimestamp() - timedelta(days=400))
    return grant


@request_for("api-grants-due")
def grants_due(stage: Line) -> RequestOf:
    home = stage.cast.home.uid
    return RequestOf({}, query=f"?organization={home}", shows=[str(old_grant_of_leo(stage).uid)])


@request_for("admin:recertification")
def recertification_page(stage: Line) -> RequestOf:
    return RequestOf({}, shows=[str(old_grant_of_leo(stage).uid)])


@request_for("admin:recertification-act")
def keep_grants(stage: Line) -> RequestOf:
    return RequestOf({}, {"grant": grant_of_leo(stage).uid, "act": "keep", "days": "90"}, content_type=FORM)


@request_for("api-access")
def explain_lena(stage: Line) -> RequestOf:
    query = f"?person={stage.cast.lena.uid}&project={stage.project.uid}"
    return RequestOf({}, query=query, shows=[str(stage.cast.lena.uid)])


@request_for("admin:access")
def explain_by_page(stage: Line) -> RequestOf:
    return replace(explain_lena(stage), shows=[lena_on_project(stage)])


# --- Templates of projects --------------------------------------------------------------------------------------
def template_of_max(stage: Line) -> ProjectTemplate:
    return project_templates.make_template_of(stage.cast.max, stage.project, name=f"Like {stage.project.uid}")


@request_for("admin:project-templates", "api-project-templates")
def templates(stage: Line) -> RequestOf:
    return RequestOf({}, shows=[str(template_of_max(stage).uid)])


@request_for("admin:project-templates POST")
def new_template_by_form(stage: Line) -> RequestOf:
    body = {"organization": stage.cast.home.uid, "name": "Street", "ontology": stage.ontology.ontology.uid, **QUALITY}
    return RequestOf({}, body, content_type=FORM)


@request_for("admin:project-template", "admin:project-template-retire")
def of_template(stage: Line) -> RequestOf:
    body = {"name": "Vans", "brief": "Find vans.", "dataset": stage.dataset.uid, "batch": "First"}
    template = template_of_max(stage)
    return RequestOf({"uid": template.uid}, body, content_type=FORM, shows=[template.name])


@request_for("admin:project-template-of")
def template_of_project(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.project.uid}, {"name": "Street"}, content_type=FORM)


@request_for("api-project-templates POST")
def new_template(stage: Line) -> RequestOf:
    return RequestOf({}, {"name": "Street", "project": stage.project.uid})


@request_for("api-project-template")
def template_alone(stage: Line) -> RequestOf:
    template = template_of_max(stage)
    return RequestOf({"uid": template.uid}, shows=[template.name])


@request_for("api-project-template-projects")
def start_from_template(stage: Line) -> RequestOf:
    body = {"name": "Vans", "brief": "Find vans.", "dataset": stage.dataset.uid}
    return RequestOf({"uid": template_of_max(stage).uid}, body)


# --- Skills -----------------------------------------------------------------------------------------------------
def word(stage: Line) -> SkillName:
    found = SkillName.objects.filter(organization=stage.cast.home).first()
    home = stage.cast.home
    return found or skills.add_skill_name(stage.cast.ada, home, f"Bent frames at {home.uid}")


def skill_file(stage: Line) -> bytes:
    lines = f"person,skill,value,evidence,date\nvera@example.org,{word(stage).name},60,Test of May,2026-05-02\n"
    return encode_multipart(
        BOUNDARY, {"organization": stage.cast.home.uid, "file": SimpleUploadedFile("skills.csv", lines.encode())}
    )


def vera_is_able(stage: Line) -> str:
    """The evidence of a skill of a person of the vendor."""
    member = stage.cast.vera.memberships.get()
    evidence = f"Test of May of {stage.cast.vera.uid}."
    skills.set_skill(stage.cast.ada, member, word(stage), value=60, evidence=evidence)
    return evidence


@request_for("api-skill-names", "admin:skills")
def of_skills(stage: Line) -> RequestOf:
    return RequestOf({}, shows=[word(stage).name])


@request_for("api-vendors")
def vendors_of_person(stage: Line) -> RequestOf:
    return RequestOf({}, shows=[str(stage.cast.vendor.uid)])


@request_for("admin:skills POST")
def new_word_by_form(stage: Line) -> RequestOf:
    return RequestOf({}, {"organization": stage.cast.home.uid, "name": "Trucks"}, content_type=FORM)


@request_for("api-skill-names POST")
def new_word(stage: Line) -> RequestOf:
    return RequestOf({}, {"organization": stage.cast.home.uid, "name": "Trucks"})


@request_for("api-skill-imports", "admin:skills-import")
def new_skill_file(stage: Line) -> RequestOf:
    return RequestOf({}, skill_file(stage), content_type=MULTIPART_CONTENT)


@request_for("api-skill-source DELETE")
def drop_source(stage: Line) -> RequestOf:
    computed_skills.compute_from(stage.cast.ada, word(stage), computed_skills.Source(media="image"))
    return RequestOf({"uid": word(stage).uid})


@request_for("api-skill-source PUT")
def source_of_skill(stage: Line) -> RequestOf:
    return RequestOf({"uid": word(stage).uid}, {"media": "image", "half_life_days": 60})


@request_for("admin:skills-compute")
def source_by_form(stage: Line) -> RequestOf:
    body = {"organization": stage.cast.home.uid, "skill": word(stage).uid, "half_life_days": 60}
    return RequestOf({}, body, content_type=FORM)


@request_for("api-computed-skills")
def computed_of_vera(stage: Line) -> RequestOf:
    vera, known = stage.cast.vera, {"value": 60, "mean": 0.8, "low": 0.7, "high": 0.9, "n": 9, "weight": 9.0}
    ComputedSkill.objects.get_or_create(
        organization=stage.cast.home,
        person=vera,
        skill_name=word(stage),
        defaults={**known, "last_result_at": ClockTimestamp()},
    )
    return RequestOf({"uid": vera.memberships.get().uid}, shows=[str(word(stage).uid)])


@request_for("admin:skills-csv")
def file_of_home(stage: Line) -> RequestOf:
    return RequestOf({}, query=f"?organization={stage.cast.home.uid}", shows=[vera_is_able(stage)])


@request_for("api-person-skills GET")
def known_of_vera(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.cast.vera.memberships.get().uid}, shows=[vera_is_able(stage)])


@request_for("api-person-skills")
def skills_of_vera(stage: Line) -> RequestOf:
    body = {"skill": word(stage).uid, "value": 60, "evidence": "Test of May."}
    return RequestOf({"uid": stage.cast.vera.memberships.get().uid}, body)


@request_for("admin:person-skills")
def skill_of_vera(stage: Line) -> RequestOf:
    asked = skills_of_vera(stage)
    return RequestOf(asked.kwargs, asked.body, content_type=FORM)


@request_for("api-minimum-skills")
def minimum(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.project.uid}, {"skill": word(stage).uid, "value": 60})


@request_for("admin:project-skills")
def minimum_by_form(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.project.uid}, {"skill": word(stage).uid, "value": 60}, content_type=FORM)


@request_for("api-minimum-skills GET", "admin:project-skills GET")
def minimums(stage: Line) -> RequestOf:
    made = skills.require_skill(stage.cast.ada, stage.project, word(stage), value=60)
    return RequestOf({"uid": stage.project.uid}, shows=[str(made.uid)])


@request_for("api-minimum-skill")
def no_minimum(stage: Line) -> RequestOf:
    made = skills.require_skill(stage.cast.ada, stage.project, word(stage), value=60)
    return RequestOf({"uid": made.uid})


@request_for("admin:project-skills-drop")
def no_minimum_by_form(stage: Line) -> RequestOf:
    made = skills.require_skill(stage.cast.ada, stage.project, word(stage), value=60)
    return RequestOf({"uid": stage.project.uid}, {"uid": made.uid}, content_type=FORM)


# --- Vendors ----------------------------------------------------------------------------------------------------
@request_for("api-vendor-people", "vendor-people")
def people_of_vendor(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.cast.vendor.uid}, shows=[str(stage.cast.vera.memberships.get().uid)])


@request_for("api-vendor-projects", "api-vendor-queue", "vendor")
def projects_of_vendor(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.cast.vendor.uid}, shows=[stage.project.name])


@request_for("api-vendor-labels")
def labels_of_vendor(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.cast.vendor.uid}, shows=[str(label_of_vera(stage).uid)])


@request_for("vendor-labels")
def labels_by_page(stage: Line) -> RequestOf:
    label_of_vera(stage)
    return RequestOf({"uid": stage.cast.vendor.uid}, shows=[f"<td>{stage.cast.vera.name}</td>"])


@request_for("api-vendor-issues", "vendor-issues")
def issues_of_vendor(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.cast.vendor.uid}, shows=[str(issue_of_vera(stage).uid)])


@request_for("api-vendor-performance")
def figures_of_vendor(stage: Line) -> RequestOf:
    label_of_vera(stage)
    query = f"?project={stage.project.uid}"
    return RequestOf({"uid": stage.cast.vendor.uid}, query=query, shows=[str(stage.cast.vera.uid)])


@request_for("vendor-performance")
def figures_by_page(stage: Line) -> RequestOf:
    return replace(figures_of_vendor(stage), shows=[f"<td>{stage.cast.vera.name}</td>"])


@request_for("vendor-start")
def to_own_vendor(stage: Line) -> RequestOf:
    return RequestOf({})


@request_for("vendor-invite")
def invite_by_page(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.cast.vendor.uid}, {"emails": "nia@brightfield.example"}, content_type=FORM)


@request_for("vendor-person-change")
def end_by_page(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.cast.vera.memberships.get().uid}, {"is_active": "no"}, content_type=FORM)


@request_for("vendor-person-skills")
def skill_by_page(stage: Line) -> RequestOf:
    return skill_of_vera(stage)


@request_for("vendor-person-limits")
def limits_by_page(stage: Line) -> RequestOf:
    body = {"project": stage.project.uid, "rows": "40", "percent": "", "counts_from": "50"}
    return RequestOf(
        {"uid": stage.cast.vera.memberships.get().uid}, body, content_type=FORM, shows=[str(stage.project.uid)]
    )


@request_for("api-person-limits")
def limits_of_vera(stage: Line) -> RequestOf:
    body = {"project": stage.project.uid, "rows": 40, "percent": None}
    return RequestOf({"uid": stage.cast.vera.memberships.get().uid}, body, shows=[str(stage.project.uid)])


@request_for("vendor-issue-answer")
def answer_by_page(stage: Line) -> RequestOf:
    body = {"issue": issue_of_vera(stage).uid, "text": "x"}
    return RequestOf({"uid": stage.cast.vendor.uid}, body, content_type=FORM)


# --- Vetting ----------------------------------------------------------------------------------------------------
def vetted(stage: Line, **values: Any) -> int:
    """The stage's project vets people; returns a number of rows that only this one gives."""
    rows = 1000 + stage.project.pk
    after = funnel_settings.settings_of(stage.project).version
    funnel_settings.change_settings(stage.cast.pia, stage.project, after=after, ramp_caps=[rows], **values)
    funnel_settings.switch(stage.cast.pia, stage.project, is_on=True)
    return rows


def candidacy_of_lena(stage: Line) -> Candidacy:
    vetted(stage)
    return Candidacy.objects.update_or_create(
        project=stage.project, person=stage.cast.lena, defaults={"state": Candidacy.State.ASSESSMENT}
    )[0]


APPLICATION = {"why": "I like cars.", "experience": "Two years of boxes."}


@request_for("vetting", "api-vetting")
def own_steps(stage: Line) -> RequestOf:
    vetted(stage)
    return RequestOf({"uid": stage.project.uid}, shows=[stage.project.name])


@request_for("vetting-apply")
def application(stage: Line) -> RequestOf:
    vetted(stage, is_open=True)
    return RequestOf({"uid": stage.project.uid}, APPLICATION, content_type=FORM)


@request_for("api-vetting-apply")
def application_by_api(stage: Line) -> RequestOf:
    return RequestOf(application(stage).kwargs, APPLICATION)


@request_for("vetting-withdraw", "api-vetting-withdraw")
def withdraw_application(stage: Line) -> RequestOf:
    vetted(stage)
    Candidacy.objects.create(project=stage.project, person=stage.cast.nora, state=Candidacy.State.APPLIED)
    return RequestOf({"uid": stage.project.uid}, {})


@request_for("admin:project-vetting")
def board(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.project.uid}, shows=[str(candidacy_of_lena(stage).uid)])


@request_for("admin:project-vetting POST")
def move_on_board(stage: Line) -> RequestOf:
    body = {"candidacy": f"{candidacy_of_lena(stage).uid}:assessment", "to": "ramp", "note": "Known."}
    return RequestOf({"uid": stage.project.uid}, body, content_type=FORM)


@request_for("admin:project-vetting-invite")
def invite_on_board(stage: Line) -> RequestOf:
    vetted(stage)
    return RequestOf({"uid": stage.project.uid}, {"email": stage.cast.nora.email}, content_type=FORM)


@request_for("admin:project-vetting-settings", "api-vetting-settings")
def what_is_asked(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.project.uid}, shows=[str(vetted(stage))])


@request_for("admin:project-vetting-settings POST")
def ask_otherwise(stage: Line) -> RequestOf:
    kept = funnel_settings.settings_of(stage.project)
    values = {name: getattr(kept, name) for name in funnel_settings.FIELDS if "_" in name and "is_" not in name}
    body = {**values, "ramp_caps": "5, 50", "version": kept.version}
    return RequestOf({"uid": stage.project.uid}, body, content_type=FORM)


@request_for("api-vetting-settings PATCH")
def ask_otherwise_by_api(stage: Line) -> RequestOf:
    after = funnel_settings.settings_of(stage.project).version
    return RequestOf({"uid": stage.project.uid}, {"after": after, "ramp_caps": [5]})


@request_for("admin:project-vetting-switch")
def switch_vetting(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.project.uid}, {"on": "yes"}, content_type=FORM)


@request_for("api-vetting-switch")
def switch_vetting_by_api(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.project.uid}, {"is_on": True})


@request_for("api-vetting-invite")
def invite_candidate(stage: Line) -> RequestOf:
    vetted(stage)
    return RequestOf({"uid": stage.project.uid}, {"person": stage.cast.nora.uid})


@request_for("api-candidacies")
def candidacies(stage: Line) -> RequestOf:
    return RequestOf(shows=[str(candidacy_of_lena(stage).uid)])


@request_for("api-candidacy", "admin:candidacy")
def of_candidacy(stage: Line) -> RequestOf:
    uid = candidacy_of_lena(stage).uid
    return RequestOf({"uid": uid}, shows=[str(uid)])


@request_for("api-candidacy-move")
def move_candidate(stage: Line) -> RequestOf:
    body = {"to": "ramp", "note": "Known.", "seen": "assessment"}
    return RequestOf({"uid": candidacy_of_lena(stage).uid}, body)


@request_for("admin:candidacy-move")
def move_candidate_by_form(stage: Line) -> RequestOf:
    found = move_candidate(stage)
    return RequestOf(found.kwargs, found.body, content_type=FORM)


# --- Quiz ---------------------------------------------------------------------------------------------------------
def quiz_of_pia(stage: Line) -> QuizVersion:
    settings = quizzes.QuizSettings(wait_minutes=0)
    options = [{"text": "Yes", "is_right": True}, {"text": "No"}]
    asked = [{"text": f"Is a van of {stage.project.uid} a car?", "options": options}]
    return quizzes.publish_quiz(stage.cast.pia, stage.project, questions=asked, settings=settings, after=0)


def right_answers(version: QuizVersion) -> dict[str, list[str]]:
    return {one["uid"]: [option["uid"] for option in one["options"] if option["is_right"]] for one in version.questions}


@request_for("quiz", "api-quiz", "api-quiz-versions", "admin:project-quiz")
def read_quiz(stage: Line) -> RequestOf:
    quiz_of_pia(stage)
    return RequestOf({"uid": stage.project.uid}, shows=[f"Is a van of {stage.project.uid} a car?"])


@request_for("quiz POST")
def quiz_by_form(stage: Line) -> RequestOf:
    said = {f"q-{uid}": chosen for uid, chosen in right_answers(quiz_of_pia(stage)).items()}
    return RequestOf({"uid": stage.project.uid}, {**said, "version": "1", "number": "1"}, content_type=FORM)


@request_for("api-quiz-attempts POST")
def take_quiz(stage: Line) -> RequestOf:
    said = [{"question": uid, "options": chosen} for uid, chosen in right_answers(quiz_of_pia(stage)).items()]
    return RequestOf({"uid": stage.project.uid}, {"version": 1, "number": 1, "answers": said})


@request_for("api-quiz-attempts")
def attempts_at_quiz(stage: Line) -> RequestOf:
    lena, said = stage.cast.lena, right_answers(quiz_of_pia(stage))
    made = quizzes.take_quiz(lena, stage.project, version=1, number=1, answers=said)
    return RequestOf({"uid": stage.project.uid}, shows=[str(made.uid)])


@request_for("api-quiz DELETE", "admin:project-quiz-retire")
def retire_quiz(stage: Line) -> RequestOf:
    quiz_of_pia(stage)
    return RequestOf({"uid": stage.project.uid}, {}, content_type=FORM)


QUIZ_QUESTION = {"text": "Is a van a car?", "options": [{"text": "Yes", "is_right": True}, {"text": "No"}]}


@request_for("api-quiz-versions POST")
def publish_quiz(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.project.uid}, {"questions": [QUIZ_QUESTION], "after": 0})


@request_for("admin:project-quiz POST")
def publish_quiz_by_form(stage: Line) -> RequestOf:
    settings = {"after": "0", "questions": "1", "pass_percent": "80", "most_tries": "3", "wait_minutes": "5"}
    said = {"text-0": "Is a van a car?", "option-0-0": "Yes", "option-0-1": "No", "right-0-0": "on"}
    return RequestOf({"uid": stage.project.uid}, {**settings, **said, "act": "publish"}, content_type=FORM)


# --- Practice -----------------------------------------------------------------------------------------------------
def finished_label(stage: Line) -> Label:
    """A label whose row is done, so that people may practise on it."""
    label = submitted_label(stage)
    Slot.objects.filter(pk=label.slot_id).update(state=Slot.State.DONE)
    ProjectRow.objects.filter(pk=label.project_row_id).update(state=ProjectRow.State.DONE)
    return label


def practice_row(stage: Line) -> PracticeRow:
    return practice.make_practice_row_from(stage.cast.ada, finished_label(stage))


@request_for("practice")
def open_practice(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.project.uid}, shows=[str(stage.project.uid)])


@request_for("practice-picture", "api-practice-picture")
def picture_of_practice(stage: Line) -> RequestOf:
    row = practice_row(stage)
    return RequestOf({"uid": row.uid}, shows=[asset_file(row.data_row.asset_path).read_bytes()])


@request_for("api-practice-next")
def next_practice(stage: Line) -> RequestOf:
    practice_row(stage)
    return RequestOf({"uid": stage.project.uid}, {})


@request_for("api-practice-answer")
def answer_practice(stage: Line) -> RequestOf:
    version = stage.ontology.number
    return RequestOf(
        {"uid": practice_row(stage).uid}, {"payload": payload((1, 1, 20, 20)), "ontology_version": version}
    )


@request_for("api-practice-rows", "admin:project-practice")
def read_practice_rows(stage: Line) -> RequestOf:
    rule = told_by_pia(stage)
    made = practice.make_practice_row_from(stage.cast.ada, finished_label(stage), explanation=rule)
    return RequestOf({"uid": made.project.uid}, shows=[rule])


@request_for("api-practice-rows POST")
def make_practice(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.project.uid}, {"label": finished_label(stage).uid})


@request_for("admin:project-practice POST")
def make_practice_by_form(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.project.uid}, {"label": finished_label(stage).uid}, content_type=FORM)


@request_for("api-practice-row", "admin:practice-retire")
def retire_practice(stage: Line) -> RequestOf:
    return RequestOf({"uid": practice_row(stage).uid}, {}, content_type=FORM)


@request_for("api-practice-results")
def results_of_practice(stage: Line) -> RequestOf:
    row, version = practice_row(stage), stage.ontology.number
    practice.answer_practice(stage.cast.lena, row.uid, payload=payload((1, 1, 9, 9)), ontology_version=version)
    return RequestOf({"uid": stage.project.uid}, shows=[str(row.uid)])


# --- Notices, votes, rules of issues -----------------------------------------------------------------------------
def notice_of_lena(stage: Line) -> Notice:
    found = Notice.objects.filter(person=stage.cast.lena, thing_kind="issue").first()
    if found is None:
        issues.comment(stage.cast.rita, issue_of_lena(stage), "Two of them.")
        found = Notice.objects.get(person=stage.cast.lena, thing_kind="issue")
    return found


@request_for("notices", "api-notices")
def notices_of_lena(stage: Line) -> RequestOf:
    return RequestOf({}, shows=[str(notice_of_lena(stage).uid)])


@request_for("notices-unread", "account-notices")
def own_notices(stage: Line) -> RequestOf:
    return RequestOf({})


@request_for("account-notices POST")
def form_of_wishes(stage: Line) -> RequestOf:
    return RequestOf({}, {"mail_answers": "never", "hour": "9", "time_zone": ""}, content_type=FORM)


@request_for("notice-read")
def read_notice(stage: Line) -> RequestOf:
    return RequestOf({"uid": notice_of_lena(stage).uid}, {"seen": "9"}, content_type=FORM)


@request_for("api-notice-read")
def read_notice_by_api(stage: Line) -> RequestOf:
    return RequestOf({"uid": notice_of_lena(stage).uid}, {})


@request_for("notices-read-all")
def read_notices(stage: Line) -> RequestOf:
    return RequestOf({}, {"newest": notice_of_lena(stage).uid}, content_type=FORM)


@request_for("api-notices-read-all")
def read_notices_by_api(stage: Line) -> RequestOf:
    return RequestOf({}, {"newest": notice_of_lena(stage).uid})


@request_for("notices-stop")
def stop_letters_of_lena(stage: Line) -> RequestOf:
    return RequestOf({"signed": notice_letters.signed_link(stage.cast.lena)}, {"group": "answers"}, content_type=FORM)


def rule_proposed_by_rita(stage: Line) -> Proposal:
    return proposals.propose_rule(stage.cast.rita, issue_of_lena(stage), title="Mirrors count", text="Draw them too.")


@request_for("my-issue")
def page_of_issue(stage: Line) -> RequestOf:
    issue = issue_of_lena(stage).uid
    return RequestOf({"uid": issue}, shows=[str(issue)])


@request_for("api-issue-proposals")
def proposals_of_issue(stage: Line) -> RequestOf:
    proposal = rule_proposed_by_rita(stage)
    return RequestOf({"uid": proposal.issue.uid}, shows=[str(proposal.uid)])


@request_for("issue-propose")
def propose_rule(stage: Line) -> RequestOf:
    body = {"kind": "rule", "title": "Vans are cars", "text": "All of them.", "key": "k"}
    return RequestOf({"uid": issue_of_lena(stage).uid}, body, content_type=FORM)


@request_for("api-issue-proposals POST")
def propose_rule_by_api(stage: Line) -> RequestOf:
    return RequestOf({"uid": issue_of_lena(stage).uid}, {"kind": "rule", "title": "Vans are cars"})


@request_for("proposal-vote")
def vote_on_rule(stage: Line) -> RequestOf:
    body = {"choice": "yes", "reason": "Clear."}
    return RequestOf({"uid": rule_proposed_by_rita(stage).uid}, body, content_type=FORM)


@request_for("api-proposal-vote")
def vote_on_rule_by_api(stage: Line) -> RequestOf:
    return RequestOf({"uid": rule_proposed_by_rita(stage).uid}, {"choice": "yes"})


@request_for("proposal-close")
def close_vote(stage: Line) -> RequestOf:
    body = {"choice": "decline", "words": "Not now."}
    return RequestOf({"uid": rule_proposed_by_rita(stage).uid}, body, content_type=FORM)


@request_for("api-proposal-close")
def close_vote_by_api(stage: Line) -> RequestOf:
    return RequestOf({"uid": rule_proposed_by_rita(stage).uid}, {"choice": "accept"})


@request_for("admin:issue-promote")
def promote_issue(stage: Line) -> RequestOf:
    body = {"title": "Vans are cars", "text": "All of them.", "after": "0", "key": "k"}
    uid = issue_of_lena(stage).uid
    return RequestOf({"uid": uid}, body, content_type=FORM, shows=[str(uid)])


@request_for("api-issue-promote")
def promote_issue_by_api(stage: Line) -> RequestOf:
    uid = issue_of_lena(stage).uid
    return RequestOf({"uid": uid}, {"title": "Vans are cars", "after": 0}, shows=[question_of(stage)])


WHY_RIGHT = "The mirror is part of the car by rule three."


def sent_back_label(stage: Line) -> Label:
    """A label that Lena made and Rita sent back."""
    label = submitted_label(stage)
    if not Review.objects.filter(label=label).exists():
        slot = Slot.objects.filter(kind=Slot.Kind.REVIEW, label=label).latest("pk")
        said = {
            "reviewer": stage.cast.rita,
            "decision": Review.Decision.REJECT,
            "reasons": [{"code": "other", "text": ""}],
        }
        Review.objects.create(project=stage.project, label=label, version=1, slot=slot, **said)
        Slot.objects.filter(pk=slot.pk).update(state=Slot.State.DONE, labeler=stage.cast.rita)
        Slot.objects.filter(pk=label.slot_id).update(state=Slot.State.IN_REWORK, is_rework=True)
    return label


def appeal_of_lena(stage: Line) -> Appeal:
    found = Appeal.objects.filter(project=stage.project).first()
    return found or appeals.make_appeal(stage.cast.lena, str(sent_back_label(stage).slot.uid), Said(WHY_RIGHT))


@request_for("api-slot-appeal")
def appeal(stage: Line) -> RequestOf:
    return RequestOf({"uid": sent_back_label(stage).slot.uid}, {"words": WHY_RIGHT})


@request_for("my-appeal")
def appeal_by_form(stage: Line) -> RequestOf:
    body = {"words": WHY_RIGHT, "key": uuid.uuid4().hex}
    return RequestOf({"uid": sent_back_label(stage).slot.uid}, body, content_type=FORM)


@request_for("api-appeal")
def read_appeal(stage: Line) -> RequestOf:
    uid = appeal_of_lena(stage).uid
    return RequestOf({"uid": uid}, shows=[str(uid)])


@request_for("api-appeal-withdraw")
def withdraw_appeal(stage: Line) -> RequestOf:
    return RequestOf({"uid": appeal_of_lena(stage).uid}, {})


@request_for("my-appeal-withdraw")
def withdraw_appeal_by_form(stage: Line) -> RequestOf:
    return RequestOf({"uid": appeal_of_lena(stage).uid}, {}, content_type=FORM)


@request_for("my-appeals")
def own_appeals(stage: Line) -> RequestOf:
    return RequestOf({}, shows=[str(appeal_of_lena(stage).uid)])


@request_for("api-project-appeals", "admin:project-appeals")
def appeals_of_project(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.project.uid}, shows=[str(appeal_of_lena(stage).uid)])


@request_for("api-appeal-rates")
def rates_of_appeals(stage: Line) -> RequestOf:
    appeal_of_lena(stage)
    return RequestOf({"uid": stage.project.uid}, shows=[str(stage.cast.lena.uid)])


@request_for("api-appeal-policy")
def read_appeal_policy(stage: Line) -> RequestOf:
    # Each stage has a number of its own.
    hours = 1 + stage.project.pk % 700
    appeal_policy.change_policy(stage.cast.ada, stage.project, appeal_policy.Policy(expert_hours=hours))
    return RequestOf({"uid": stage.project.uid}, shows=[f'"expert_hours":{hours}}}'])


@request_for("api-appeal-policy PUT")
def set_appeal_policy(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.project.uid}, {"most_open": 3, "expert_hours": 1})


@request_for("admin:project-appeals POST")
def set_appeal_policy_by_form(stage: Line) -> RequestOf:
    return RequestOf({"uid": stage.project.uid}, {"most_open": 3, "expert_hours": 1}, content_type=FORM)
