"""The quiz of a project: what people must know before they work, in versions that never change.

A version names its pass bar, how many tries a person has and how long they wait between two. Attempts are marked when
they come, name their version and are only ever added; two submits of one attempt count once. Which options are right
is told to nobody before an attempt is passed: a failed one shows what was wrong, why and by which rule, and the same
questions come again. A pass stays one through versions, until a version asks everybody again.

Announces ``quiz_taken``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from labeling import guidelines, work_time
from labeling.models import Project
from quality.events import quiz_taken
from quality.models import Quiz, QuizAttempt, QuizVersion
from quality.quiz_questions import Question, checked_answers, checked_questions, drawn, is_several, marked
from workforce import access, audit
from workforce.errors import InvalidInput, RuleViolation
from workforce.models import ClockTimestamp, Person
from workforce.roles import Permission

MOST_TRIES, LONGEST_WAIT = 100, 60 * 24 * 30
PASS_BAR, TRIES, WAIT_MINUTES = 0.8, 3, 60
# Where questions right ÷ questions meets the bar it is passed, whatever the last bit of a float says.
ROUNDING = 1e-9


@dataclass(frozen=True)
class QuizSettings:
    """``most_tries`` 0: no limit."""

    pass_bar: float = PASS_BAR
    most_tries: int = TRIES
    wait_minutes: int = WAIT_MINUTES
    asks_again: bool = False


@dataclass(frozen=True)
class Turn:
    """What a person may do with the quiz now. ``questions`` are there only where they may try; ``why_not`` is a code
    and a sentence. ``passed`` is the attempt that counts, ``last`` the newest one."""

    version: QuizVersion
    number: int
    tries_left: int | None
    next_at: datetime | None
    passed: QuizAttempt | None
    last: QuizAttempt | None
    why_not: tuple[str, str] | None
    questions: list[Question]


@dataclass(frozen=True)
class MarkedQuestion:
    """One question after it was marked; ``right`` holds the right options only where the attempt was passed."""

    text: str
    chosen: list[str]
    is_right: bool
    right: list[str]
    explanation: str
    rule_title: str
    rule_text: str


# --- Publish ------------------------------------------------------------------------------------------------------
@transaction.atomic
def publish_quiz(actor: Person, project: Project, *, questions: Any, settings: QuizSettings, after: int) -> QuizVersion:
    """The next version, and the only one that is asked from now on. ``after`` is the number that was edited (0 for the
    first), so nobody overwrites unseen words. Raises ``quiz_moved_on`` and what ``checked_questions`` refuses."""
    project = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    access.require(actor, Permission.CHANGE_PROJECT, project)
    _refuse_settings(settings)
    Quiz.objects.get_or_create(project=project)
    quiz = Quiz.objects.select_for_update(no_key=True).get(project=project)
    if quiz.last_version != after:
        raise RuleViolation(
            "quiz_moved_on",
            f"Version {quiz.last_version} was published in between. Look at it before you change it.",
            version=quiz.last_version,
        )
    kept = checked_questions(project, questions)
    quiz.last_version += 1
    quiz.retired_at = None
    if settings.asks_again:
        quiz.passes_from = quiz.last_version
    quiz.save(update_fields=["last_version", "retired_at", "passes_from"])
    version = QuizVersion.objects.create(
        quiz=quiz, number=quiz.last_version, questions=kept, author=actor, **vars(settings)
    )
    facts = {"number": version.number, "questions": len(kept), **vars(settings)}
    audit.record(actor, "quiz.published", version, after=facts, root=project)
    return version


@transaction.atomic
def retire_quiz(actor: Person, project: Project) -> None:
    """Nobody is asked any more; attempts stay. Raises ``no_quiz``."""
    access.require(actor, Permission.CHANGE_PROJECT, project)
    quiz = Quiz.objects.select_for_update(no_key=True).filter(project=project, retired_at=None).first()
    if quiz is None:
        raise _no_quiz()
    Quiz.objects.filter(pk=quiz.pk).update(retired_at=ClockTimestamp())
    audit.record(actor, "quiz.retired", project, before={"number": quiz.last_version})


def _refuse_settings(settings: QuizSettings) -> None:
    if not 0 < settings.pass_bar <= 1:
        raise InvalidInput("bar_invalid", "The pass bar lies above 0 and up to 100 %.", path="pass_bar")
    if not 0 <= settings.most_tries <= MOST_TRIES:
        raise InvalidInput("tries_invalid", f"Tries are 0 (no limit) to {MOST_TRIES}.", path="most_tries")
    if not 0 <= settings.wait_minutes <= LONGEST_WAIT:
        raise InvalidInput("wait_invalid", f"The wait is 0 to {LONGEST_WAIT} minutes.", path="wait_minutes")


# --- What others ask ----------------------------------------------------------------------------------------------
def newest_version(project: Project) -> QuizVersion | None:
    """The version that is asked now; none where there is no quiz or it was taken away."""
    return versions_of(project).filter(quiz__retired_at=None).first()


def versions_of(project: Project) -> QuerySet[QuizVersion]:
    """Newest first. They hold the right options: the caller has seen to it that the reader may know them."""
    found = QuizVersion.objects.filter(quiz__project=project).select_related("author", "quiz")
    return found.order_by("-number")


def versions_visible_to(person: Person, project: Project) -> QuerySet[QuizVersion]:
    access.require(person, Permission.CHANGE_PROJECT, project)
    return versions_of(project)


def has_quiz(project: Project) -> bool:
    return Quiz.objects.filter(project=project, retired_at=None, last_version__gt=0).exists()


def has_passed(person: Person, project: Project) -> bool:
    """Whether a pass of ``person`` counts now: of any version since the last that asked everybody again."""
    return pass_of(person, project) is not None


def pass_of(person: Person, project: Project) -> QuizAttempt | None:
    """The newest pass of ``person`` that counts now."""
    return _passes(person, project).last()


def _passes(person: Person, project: Project) -> QuerySet[QuizAttempt]:
    quiz = Quiz.objects.filter(project=project).values("passes_from")
    own = QuizAttempt.objects.filter(project=project, person=person, is_passed=True).select_related("version")
    return own.filter(version__number__gte=quiz).order_by("number")


def attempts_visible_to(person: Person, project: Project) -> QuerySet[QuizAttempt]:
    """Everybody's for those who see everybody's figures, own people's for their lead or vendor, else one's own."""
    found = QuizAttempt.objects.filter(project=project).select_related("person", "version")
    return access.visible_to(person, found, Permission.VIEW_PERFORMANCE)


# --- Take it ------------------------------------------------------------------------------------------------------
def turn_of(person: Person, project: Project) -> Turn | None:
    """None where the project has no quiz. For those who label in the project."""
    access.require(person, Permission.LABEL, project)
    version = newest_version(project)
    return None if version is None else _turn(person, project, version)


@transaction.atomic
def take_quiz(
    person: Person, project: Project, *, version: int, number: int, answers: Mapping[str, Sequence[str]]
) -> QuizAttempt:
    """Mark the answers of attempt ``number`` to ``version``. The same attempt sent again is the one that was counted.

    Raises ``no_quiz``, ``quiz_moved_on``, ``attempt_counted``, ``quiz_passed``, ``quiz_wait``, ``no_tries_left``, and
    InvalidInput that names the questions."""
    access.require(person, Permission.LABEL, project)
    if project.state == Project.State.ARCHIVED:
        raise RuleViolation("project_closed", "This project was closed.")
    # Project, then quiz, as publishing does. One at a time: what comes second finds the first, and no version comes in
    # between.
    Project.objects.select_for_update(of=("self",), no_key=True).get(pk=project.pk)
    quiz = Quiz.objects.select_for_update(no_key=True).filter(project=project, retired_at=None).first()
    newest = newest_version(project) if quiz else None
    if newest is None:
        raise _no_quiz()
    counted = QuizAttempt.objects.filter(project=project, person=person, number=number).first()
    if counted is not None:
        return _counted_before(counted, answers)
    if newest.number != version:
        said = f"Version {newest.number} of the quiz was published. Your answers were not counted; it asks anew."
        raise RuleViolation("quiz_moved_on", said, version=newest.number)
    turn = _turn(person, project, newest)
    if turn.why_not is not None:
        code, sentence = turn.why_not
        raise RuleViolation(code, sentence, next_at=turn.next_at and turn.next_at.isoformat())
    if number != turn.number:
        raise InvalidInput("attempt_invalid", f"Your next attempt is number {turn.number}.", path="number")
    chosen = checked_answers(turn.questions, answers)
    marks = marked(turn.questions, chosen)
    share = sum(marks.values()) / len(marks)
    attempt = QuizAttempt.objects.create(
        project=project,
        version=newest,
        person=person,
        number=number,
        answers=chosen,
        marks=marks,
        share=share,
        is_passed=share >= newest.pass_bar - ROUNDING,
    )
    quiz_taken.send(sender=QuizAttempt, attempt=attempt)
    return attempt


def result_of(attempt: QuizAttempt) -> list[MarkedQuestion]:
    """Question by question, in the order in which the person met them."""
    rules = guidelines.rules_ever(attempt.project)
    found = []
    for question in drawn(attempt.project, attempt.person, attempt.number, attempt.version.questions):
        chosen = attempt.answers[question["uid"]]
        options = question["options"]
        found.append(
            MarkedQuestion(
                text=question["text"],
                chosen=[option["text"] for option in options if option["uid"] in chosen],
                is_right=attempt.marks[question["uid"]],
                right=[option["text"] for option in options if option["is_right"]] if attempt.is_passed else [],
                explanation=question["explanation"],
                rule_title=question["rule_title"],
                rule_text=rules.get(question["rule"], {}).get("text", ""),
            )
        )
    return found


def asked(question: Question) -> dict[str, Any]:
    """A question as it is shown before it is marked: nothing of what is right."""
    options = [{"uid": option["uid"], "text": option["text"]} for option in question["options"]]
    return {
        "uid": question["uid"],
        "text": question["text"],
        "is_several": is_several(question),
        "options": options,
    }


def _counted_before(counted: QuizAttempt, answers: Mapping[str, Sequence[str]]) -> QuizAttempt:
    said = {str(uid): sorted({str(one) for one in chosen}) for uid, chosen in answers.items()}
    if said != counted.answers:
        raise RuleViolation(
            "attempt_counted", "This attempt was counted with other answers. Nothing was counted twice."
        )
    return counted


def _turn(person: Person, project: Project, version: QuizVersion) -> Turn:
    own = QuizAttempt.objects.filter(project=project, person=person).select_related("version")
    last = own.order_by("-number").first()
    passed = pass_of(person, project)
    used = own.filter(version=version).count()
    left = version.most_tries - used if version.most_tries else None
    number = last.number + 1 if last else 1
    next_at = last.made_at + timedelta(minutes=version.wait_minutes) if last and not last.is_passed else None
    if next_at is not None and next_at <= work_time.clock():
        next_at = None
    why_not = None
    if passed is not None:
        why_not = ("quiz_passed", "You have passed this quiz.")
    elif left is not None and left <= 0:
        why_not = ("no_tries_left", "You have used all tries of this quiz. Ask who runs the project.")
    elif next_at is not None:
        why_not = ("quiz_wait", "You may try again a little later. Read the guidelines in the meantime.")
    may_try = why_not is None
    questions = drawn(project, person, number, version.questions) if may_try else []
    return Turn(version, number, left, next_at, passed, last, why_not, questions)


def _no_quiz() -> RuleViolation:
    return RuleViolation("no_quiz", "This project has no quiz.")
