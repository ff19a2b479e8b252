"""The quiz of a project, as one takes it: the questions, then what was wrong, why and by which rule."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from labeling import projects
from labeling.models import Project
from quality import practice, quizzes
from quality.models import QuizAttempt
from quality.quizzes import Turn
from workforce.admin.pages import REFUSED_FORM
from workforce.errors import InvalidInput, RuleViolation
from workforce.markdown import render_markdown
from workforce.pages.signed_in import PersonRequest, signed_in

# The fields of the questions; the rest of the name is the question's uid.
FIELD = "q-"
LONGEST_NUMBER = 9


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def quiz(request: PersonRequest, uid: str) -> HttpResponse:
    project = projects.project_for(request.user, uid)
    if request.method == "POST":
        return _take(request, project)
    return _show(request, project, quizzes.turn_of(request.user, project))


def _take(request: PersonRequest, project: Project) -> HttpResponse:
    chosen = {name[len(FIELD) :]: request.POST.getlist(name) for name in request.POST if name.startswith(FIELD)}
    try:
        quizzes.take_quiz(
            request.user,
            project,
            version=_number(request.POST.get("version", "")),
            number=_number(request.POST.get("number", "")),
            answers=chosen,
        )
    except InvalidInput as refusal:
        turn = quizzes.turn_of(request.user, project)
        if turn is not None and turn.questions:
            return _show(request, project, turn, chosen=chosen, refusal=refusal)
        messages.error(request, refusal.message)
    except RuleViolation as refusal:
        messages.error(request, refusal.message)
    return redirect("quiz", project.uid)


def _show(
    request: PersonRequest,
    project: Project,
    turn: Turn | None,
    *,
    chosen: dict[str, list[str]] | None = None,
    refusal: InvalidInput | None = None,
) -> HttpResponse:
    """The questions where they may be answered now; before a further try the result of the last one stands first."""
    last = turn.last if turn else None
    tries = turn is not None and bool(turn.questions) and (last is None or refusal or "try" in request.GET)
    faults = {fault["path"]: fault["message"] for fault in refusal.details.get("faults", [])} if refusal else {}
    questions = [
        {
            **quizzes.asked(one),
            "chosen": (chosen or {}).get(one["uid"], []),
            "fault": faults.get(f"answers.{one['uid']}"),
        }
        for one in (turn.questions if turn and tries else [])
    ]
    progress = practice.progress_of(request.user, project)
    shown = {
        "project": project,
        "to_practise": progress["rows"] - progress["answered"],
        "turn": turn,
        "questions": questions,
        "refusal": refusal,
        "faulty": faults,
        "last": last,
        "lines": _lines(last) if last and not questions else [],
    }
    return render(request, "quality/quiz.html", shown, status=REFUSED_FORM if refusal else 200)


def _lines(attempt: QuizAttempt) -> list[dict[str, Any]]:
    return [{**vars(one), "rule_html": render_markdown(one.rule_text)} for one in quizzes.result_of(attempt)]


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < LONGEST_NUMBER else 0
