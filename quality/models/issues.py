"""Issues: one place of record for a question about a row. What is said is only ever added to.

The database keeps it (the migration of the versions): a comment's text is the text of its last version, a version is
added by the comment's author alone and never changes, and no comment, version, mention or event is ever removed."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from labeling.models import Label, Project, ProjectRow
from workforce.models import ClockTimestamp, Identified, Team


class IssueCategory(Identified):
    """What an issue can be about in one project. The code stays, the name may change; what is no longer offered is
    retired and stands at old issues."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="quality_issue_categories")
    code = models.SlugField(max_length=40)
    name = models.CharField(max_length=60)
    description = models.CharField(max_length=300, blank=True)
    is_retired = models.BooleanField(default=False)
    order = models.PositiveSmallIntegerField(default=0)

    access_root = "project"

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "code"], name="category_code_once"),
            models.UniqueConstraint(
                fields=["project", "name"], condition=Q(is_retired=False), name="category_name_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Issue(Identified):
    class State(models.TextChoices):
        OPEN = "open", "open"
        ANSWERED = "answered", "answered"
        RESOLVED = "resolved", "resolved"
        REOPENED = "reopened", "reopened"
        DUPLICATE = "duplicate", "duplicate"

    class Severity(models.TextChoices):
        LOW = "low", "Low"
        NORMAL = "normal", "Normal"
        HIGH = "high", "High"
        # Others who meet the same would do better to wait for the answer. It stops no submit.
        BLOCKING = "blocking", "Blocking"

    # Somebody waits for an answer.
    WAITING: ClassVar[tuple[str, ...]] = (State.OPEN, State.REOPENED)

    project = models.ForeignKey(Project, models.CASCADE, related_name="quality_issues")
    number = models.PositiveIntegerField()
    project_row = models.ForeignKey(ProjectRow, models.CASCADE, related_name="quality_issues")
    label = models.ForeignKey(Label, models.SET_NULL, null=True, blank=True, related_name="quality_issues")
    category = models.ForeignKey(IssueCategory, models.PROTECT, related_name="issues")
    severity = models.CharField(max_length=8, choices=Severity, default=Severity.NORMAL)
    state = models.CharField(max_length=9, choices=State, default=State.OPEN)
    # Pixels of the picture, a point {"x", "y"} or a box {"x", "y", "w", "h"}; on a text a span {"start", "end"}, with
    # "feature" where it is the answer to a text question. Null for the whole row. object_id: the object's id in the
    # label, when pinned to one.
    pin = models.JSONField(null=True)
    object_id = models.CharField(max_length=64, blank=True)
    # The rule of the guidelines that it cites, with number and title as they were then.
    rule = models.UUIDField(null=True, blank=True)
    rule_title = models.CharField(max_length=250, blank=True)
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="quality_opened_issues")
    opened_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)
    # Who shall answer: one person, one team, or whoever holds a role on the project.
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="quality_assigned_issues"
    )
    assignee_team = models.ForeignKey(
        Team, models.PROTECT, null=True, blank=True, related_name="quality_assigned_issues"
    )
    assignee_role = models.CharField(max_length=20, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    # The issue that answers this one too; never one that is a duplicate itself.
    duplicate_of = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="duplicates")
    # The first word of somebody else who may resolve it.
    first_answered_at = models.DateTimeField(null=True)
    reopened_count = models.PositiveIntegerField(default=0)
    # The last act of anybody.
    last_moved_at = models.DateTimeField(db_default=ClockTimestamp())
    resolved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    resolved_at = models.DateTimeField(null=True)

    access_root = "project"
    # Who asked, and who made the label that it is about.
    access_owner = ("opened_by", "label__labeler")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="issue_number_once"),
            models.CheckConstraint(
                name="issue_has_one_assignee",
                condition=Q(assignee=None, assignee_team=None)
                | Q(assignee=None, assignee_role="")
                | Q(assignee_team=None, assignee_role=""),
            ),
            models.CheckConstraint(
                name="duplicate_names_its_root",
                condition=Q(state="duplicate", duplicate_of__isnull=False)
                | (~Q(state="duplicate") & Q(duplicate_of=None)),
            ),
            models.CheckConstraint(name="issue_is_no_duplicate_of_itself", condition=~Q(duplicate_of=F("id"))),
        ]
        indexes = [models.Index(fields=["project", "state", "-id"], name="issues_newest_first")]

    def __str__(self) -> str:
        return f"Issue {self.number}"


class IssueComment(Identified):
    """The first comment is the question itself. ``text`` is that of the last version; a version comes by adding an
    ``IssueCommentVersion``. A comment that its author withdrew stays as a tombstone."""

    issue = models.ForeignKey(Issue, models.CASCADE, related_name="comments")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="quality_comments")
    text = models.TextField()
    last_version = models.PositiveIntegerField(default=1, editable=False)
    made_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)
    # By its author: nobody takes back another's words.
    withdrawn_at = models.DateTimeField(null=True)

    access_root = "issue__project"
    access_owner = ("issue__opened_by", "issue__label__labeler")

    def __str__(self) -> str:
        return self.text[:60]


class IssueCommentVersion(models.Model):
    """Only ever added. The first one comes by itself with its comment; a later one becomes the comment's text."""

    comment = models.ForeignKey(IssueComment, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    text = models.TextField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["comment", "number"], name="comment_version_once")]

    def __str__(self) -> str:
        return self.text[:60]


class IssueMention(models.Model):
    """Whom a comment calls: one person, one team, or whoever holds a role on the project."""

    comment = models.ForeignKey(IssueComment, models.CASCADE, related_name="mentions")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="quality_mentions")
    team = models.ForeignKey(Team, models.PROTECT, null=True, related_name="quality_mentions")
    role = models.CharField(max_length=20, blank=True)
    made_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["comment", "person"], name="person_mentioned_once"),
            models.UniqueConstraint(fields=["comment", "team"], name="team_mentioned_once"),
            models.UniqueConstraint(fields=["comment", "role"], condition=~Q(role=""), name="role_mentioned_once"),
            models.CheckConstraint(
                name="mention_is_of_one",
                condition=Q(person__isnull=False, team=None, role="")
                | Q(person=None, team__isnull=False, role="")
                | (Q(person=None, team=None) & ~Q(role="")),
            ),
        ]

    def __str__(self) -> str:
        return f"mention of {self.person or self.team or self.role}"


class IssueEvent(models.Model):
    """What happened to an issue; only ever added. ``before`` and ``after`` hold plain values."""

    class Kind(models.TextChoices):
        OPENED = "opened", "opened it"
        COMMENTED = "commented", "said something"
        EDITED = "edited", "changed a comment"
        WITHDRAWN = "withdrawn", "withdrew a comment"
        STATE = "state", "moved it"
        CATEGORY = "category", "changed the category"
        SEVERITY = "severity", "changed the severity"
        ASSIGNED = "assigned", "assigned it"
        DUE = "due", "changed when it is due"
        DUPLICATE = "duplicate", "marked it as a duplicate"
        PROMOTED = "promoted", "made it a guideline"

    issue = models.ForeignKey(Issue, models.CASCADE, related_name="events")
    kind = models.CharField(max_length=10, choices=Kind)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    comment = models.ForeignKey(IssueComment, models.CASCADE, null=True, related_name="+")
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    made_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)

    access_root = "issue__project"

    class Meta:
        indexes = [models.Index(fields=["issue", "id"], name="issue_events_in_order")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.issue}"


class QuestionAtSubmit(models.Model):
    """A version that was submitted while its maker's own question about the row had no answer; only ever added."""

    label = models.ForeignKey(Label, models.CASCADE, related_name="quality_questions")
    version = models.PositiveIntegerField()
    issue = models.ForeignKey(Issue, models.CASCADE, related_name="submits")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["label", "version", "issue"], name="question_at_submit_once")]

    def __str__(self) -> str:
        return f"version {self.version} with {self.issue}"
