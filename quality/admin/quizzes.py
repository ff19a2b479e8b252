"""The quiz of a project: the version that is asked, the next one to write, and who has passed.

The form is plain: fixed places for questions and options, and a button that brings one more place. Nothing typed is
lost when a version is refused: the sentence names the question."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from labeling import guidelines
from labeling.admin.project_tabs import project_for, show_in_project
from labeling.models import Project
from quality import quiz_questions, quizzes
from quality.models import QuizVersion
from quality.quizzes import QuizSettings
from workforce.admin import paging
from workforce.admin.pages import REFUSED_FORM, PersonRequest, act, in_words
from workforce.admin.site import add_page
from workforce.errors import InvalidInput, NotAllowed, NotFound, Refusal
from workforce.roles import Permission

# The quiz stands beside the practice, under one tab.
TAB = "project-skills"
FIRST_QUESTIONS, LONGEST_NUMBER, SHOWN = 3, 9, 20


@require_http_methods(["GET", "HEAD", "POST"])
def quiz(request: PersonRequest, uid: str) -> HttpResponse:
    project = project_for(request, uid, Permission.CHANGE_PROJECT)
    newest = quizzes.versions_visible_to(request.user, project).first()
    if request.method != "POST":
        written = [dict(question) for question in newest.questions] if newest else []
        settings = {name: getattr(newest, name) for name in vars(QuizSettings())} if newest else vars(QuizSettings())
        return _show(request, project, newest, _places(written), {**settings, "asks_again": False})
    written, said = _written(request.POST), dict(request.POST.items())
    if request.POST.get("act") == "add":
        return _show(request, project, newest, _places(written, more=1), said)
    try:
        made = quizzes.publish_quiz(
            request.user,
            project,
            questions=written,
            settings=_settings(request.POST),
            after=_whole(request.POST, "after", "Which version was edited"),
        )
    except (NotAllowed, NotFound):
        raise
    except Refusal as refusal:
        return _show(request, project, newest, _places(written), said, refusal=in_words(refusal))
    messages.success(request, f"Version {made.number} is asked from now on.")
    return redirect("admin:project-quiz", uid)


@require_POST
def retire(request: PersonRequest, uid: str) -> HttpResponse:
    project = project_for(request, uid, Permission.CHANGE_PROJECT)
    said = "Nobody is asked any more. What was answered stays."
    rule = quizzes.retire_quiz
    return act(request, lambda: rule(request.user, project), said, then=reverse("admin:project-quiz", args=[uid]))


def _show(
    request: PersonRequest,
    project: Project,
    newest: QuizVersion | None,
    places: list[dict[str, Any]],
    said: dict[str, Any],
    *,
    refusal: str = "",
) -> HttpResponse:
    choices = guidelines.rule_choices(guidelines.newest_version(project))
    known = {one["code"] for one in choices}
    for place in places:
        # A rule that left the guidelines can still be meant.
        if place.get("rule") and place["rule"] not in known:
            choices.append({"code": place["rule"], "label": place.get("rule_title") or "an older rule"})
            known.add(place["rule"])
    bar = said.get("pass_bar")
    return show_in_project(
        request,
        project,
        "quality/admin/project_quiz.html",
        page=TAB,
        newest=newest,
        places=places,
        said={**said, "pass_percent": said.get("pass_percent", round(float(bar or quizzes.PASS_BAR) * 100))},
        rules=choices,
        refusal=refusal,
        limits=quiz_questions,
        attempts=paging.page_of(request, quizzes.attempts_visible_to(request.user, project), size=SHOWN),
        status=REFUSED_FORM if refusal else 200,
    )


def _places(written: list[dict[str, Any]], *, more: int = 0) -> list[dict[str, Any]]:
    """One place a question, the empty ones last, each with room for as many options as there may be."""
    count = min(max(len(written) + more, FIRST_QUESTIONS), quiz_questions.MOST_QUESTIONS)
    places = [*written, *({} for _ in range(count - len(written)))]
    for place in places:
        options = list(place.get("options") or [])
        place["options"] = [*options, *({} for _ in range(quiz_questions.MOST_OPTIONS - len(options)))]
    return places


def _written(form: QueryDict) -> list[dict[str, Any]]:
    """The questions as they were typed; a place that is wholly empty is none, and so is an option without words."""
    count = _number(form.get("questions", ""))
    found = []
    for at in range(min(count, quiz_questions.MOST_QUESTIONS)):
        options = [
            {"text": form.get(f"option-{at}-{n}", ""), "is_right": bool(form.get(f"right-{at}-{n}"))}
            for n in range(quiz_questions.MOST_OPTIONS)
        ]
        question = {
            "text": form.get(f"text-{at}", ""),
            "explanation": form.get(f"explanation-{at}", ""),
            "rule": form.get(f"rule-{at}", ""),
            "options": [option for option in options if str(option["text"]).strip()],
        }
        if str(question["text"]).strip() or question["options"]:
            found.append(question)
    return found


def _settings(form: QueryDict) -> QuizSettings:
    return QuizSettings(
        pass_bar=_whole(form, "pass_percent", "The pass bar") / 100,
        most_tries=_whole(form, "most_tries", "The number of tries"),
        wait_minutes=_whole(form, "wait_minutes", "The wait"),
        asks_again=bool(form.get("asks_again")),
    )


def _whole(form: QueryDict, name: str, what: str) -> int:
    text = form.get(name, "").strip()
    if not text.isdecimal() or len(text) >= LONGEST_NUMBER:
        raise InvalidInput("not_a_number", f"{what} is a whole number.", path=name)
    return int(text)


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < LONGEST_NUMBER else 0


add_page("projects/<uuid:uid>/quiz/", quiz, "project-quiz")
add_page("projects/<uuid:uid>/quiz/retire/", retire, "project-quiz-retire")
