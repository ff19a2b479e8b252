"""Vetting of a project: the board of who stands where, a person's whole history with its evidence, what is asked."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from labeling import pauses
from labeling.admin.project_access import TAB, add_people_list, lists_of
from labeling.admin.project_tabs import project_for, show_in_project
from labeling.models import Project
from quality import funnel_settings, vetting, vetting_board
from quality.models import Candidacy, FunnelSettings
from workforce import bulk
from workforce.admin import paging
from workforce.admin.pages import REFUSED_FORM, PersonRequest, act, note_refusal
from workforce.admin.site import add_page
from workforce.errors import InvalidInput, NotFound, Refusal
from workforce.models import Person
from workforce.roles import Permission

PAGE, SETTINGS = "project-vetting", "project-vetting-settings"
State = Candidacy.State
MOST_AT_ONCE = 200


class VettingForm(forms.Form):
    is_open = forms.BooleanField(label="Members may apply", required=False)
    needs_interview = forms.BooleanField(label="An interview is noted before an invitation", required=False)
    asks_quiz = forms.BooleanField(label="A quiz is taken", required=False)
    practice_count = forms.IntegerField(label="Practice: the newest answers that count", help_text="0 leaves it out.")
    practice_bar = forms.FloatField(label="Practice: their mean, 0 to 1")
    assessment_count = forms.IntegerField(
        label="Assessment: results against hidden gold",
        help_text="0 leaves it out. Looked at there, and once more at twice as many.",
    )
    assessment_bar = forms.FloatField(label="Assessment: their mean, 0 to 1")
    gold_share = forms.IntegerField(label="Gold among their rows meanwhile, %")
    ramp_caps = forms.CharField(
        label="Ramp: rows a day, step by step", required=False, help_text="Such as 20, 50, 100. Empty leaves it out."
    )
    ramp_count = forms.IntegerField(label="Ramp: results that end a step")
    ramp_bar = forms.FloatField(label="Ramp: their mean, 0 to 1")
    pause_days = forms.IntegerField(
        label="A pause by itself, days",
        required=False,
        help_text="Only when the whole interval lies under the bar. Empty: until somebody ends it.",
    )
    version = forms.IntegerField(widget=forms.HiddenInput)

    def clean_ramp_caps(self) -> list[int]:
        words = self.cleaned_data["ramp_caps"].replace(";", ",").split(",")
        try:
            return [int(word) for word in words if word.strip()]
        except ValueError:
            raise forms.ValidationError("Whole numbers with commas between them, such as 20, 50, 100.") from None


# --- The board ----------------------------------------------------------------------------------------------------
@require_http_methods(["GET", "HEAD", "POST"])
def board(request: PersonRequest, uid: str) -> HttpResponse:
    """Columns of states, or with ``?state=`` the pages of one; a post moves those who are ticked."""
    project = project_for(request, uid, Permission.MANAGE_ACCESS)
    state = request.GET.get("state", "")
    if state and state not in State.values:
        raise NotFound
    if request.method == "POST":
        return _move_many(request, project)
    values: dict[str, Any] = {"state": State(state) if state else ""}
    if state:
        page = paging.page_of(request, vetting_board.candidacies_in(project, state))
        values |= {"page_of_state": page, "cards": vetting_board.cards_of(project, page.rows)}
    else:
        values["columns"] = vetting_board.columns_of(project)
    return show_in_project(
        request,
        project,
        "quality/admin/vetting.html",
        page=TAB,
        title="Vetting",
        crumbs=[(project.name, reverse("admin:project", args=[project.uid]))],
        lists=lists_of(project, PAGE),
        settings=funnel_settings.settings_of(project),
        states=State.choices,
        **values,
    )


def _move_many(request: PersonRequest, project: Project) -> HttpResponse:
    """Each in a transaction of its own; one message says who was moved and who was not, and why."""
    chosen = request.POST.getlist("candidacy")[:MOST_AT_ONCE]
    to, note = request.POST.get("to", ""), request.POST.get("note", "")
    found = []
    for one in chosen:
        uid, _, seen = one.partition(":")
        candidacy = vetting.candidacy_to_move(request.user, uid)
        if candidacy.project_id != project.pk:
            raise NotFound
        found.append((candidacy, seen))
    outcome = bulk.each(
        found,
        lambda pair: vetting.move_candidacy(request.user, pair[0], to, note=note, seen=pair[1]),
        lambda pair: pair[0].person.name,
    )
    level = messages.SUCCESS if outcome.done else messages.ERROR
    messages.add_message(request, level, outcome.in_words(one="person moved", many="people moved"))
    return redirect(request.get_full_path())


@require_POST
def invite(request: PersonRequest, uid: str) -> HttpResponse:
    project = project_for(request, uid, Permission.MANAGE_ACCESS)

    def rule() -> Person:
        person = vetting.member_with_address(project, request.POST.get("email", ""))
        vetting.invite_person(request.user, project, person, note=request.POST.get("note", ""))
        return person

    said = "{0.name} is invited, and may label here once the steps are done."
    return act(request, rule, said.format, then=reverse(f"admin:{PAGE}", args=[uid]))


# --- A person -----------------------------------------------------------------------------------------------------
@require_safe
def candidacy(request: PersonRequest, uid: str) -> HttpResponse:
    found = vetting.candidacy_to_move(request.user, uid)
    project = found.project
    return show_in_project(
        request,
        project,
        "quality/admin/candidacy.html",
        page=TAB,
        title=found.person.name,
        crumbs=[(project.name, reverse(f"admin:{PAGE}", args=[project.uid]))],
        card=vetting_board.cards_of(project, [found])[0],
        targets=vetting.targets_for(vetting.Who.MANAGER, found.state),
        events_page=paging.page_of(request, vetting_board.events_of(found)),
        pause=pauses.pauses_in(project, [found.person_id]).get(found.person_id),
    )


@require_POST
def move(request: PersonRequest, uid: str) -> HttpResponse:
    found = vetting.candidacy_to_move(request.user, uid)
    words = {"note": request.POST.get("note", ""), "seen": request.POST.get("seen")}
    then = reverse("admin:candidacy", args=[uid])
    said = f"{found.person.name} is at {{0}} now."
    return act(
        request,
        lambda: vetting.move_candidacy(request.user, found, request.POST.get("to", ""), **words),
        lambda moved: said.format(moved.get_state_display()),
        then=then,
    )


# --- What is asked ------------------------------------------------------------------------------------------------
@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: PersonRequest, uid: str) -> HttpResponse:
    project = project_for(request, uid, Permission.CHANGE_PROJECT)
    kept = funnel_settings.settings_for(request.user, project)
    form = VettingForm(request.POST) if request.method == "POST" else VettingForm(initial=_initial(kept))
    if request.method == "POST" and form.is_valid():
        values = dict(form.cleaned_data)
        try:
            funnel_settings.change_settings(request.user, project, after=values.pop("version"), **values)
        except Refusal as refusal:
            note_refusal(form, _at_its_field(refusal))
        else:
            messages.success(request, "Saved. It holds for everybody who is on the way.")
            return redirect(f"admin:{SETTINGS}", uid)
    return show_in_project(
        request,
        project,
        "quality/admin/vetting_settings.html",
        page=TAB,
        title="What is asked",
        crumbs=[(project.name, reverse(f"admin:{PAGE}", args=[project.uid]))],
        lists=lists_of(project, PAGE),
        form=form,
        settings=kept,
        moves=vetting.MOVES,
        status=REFUSED_FORM if form.errors else 200,
    )


@require_POST
def switch(request: PersonRequest, uid: str) -> HttpResponse:
    project = project_for(request, uid, Permission.CHANGE_PROJECT)
    is_on = request.POST.get("on") == "yes"

    def said(done: funnel_settings.Switched) -> str:
        if not is_on:
            return "Nobody is vetted here now: whoever has the role gets rows."
        return f"People are vetted here now. {done.settled} who worked here before are in production."

    then = reverse(f"admin:{SETTINGS}", args=[uid])
    return act(request, lambda: funnel_settings.switch(request.user, project, is_on=is_on), said, then=then)


def _initial(kept: FunnelSettings) -> dict[str, Any]:
    values = {name: getattr(kept, name) for name in (*funnel_settings.FIELDS, "version")}
    return {**values, "ramp_caps": ", ".join(str(one) for one in kept.ramp_caps)}


def _at_its_field(refusal: Refusal) -> Refusal:
    """A refusal about one setting, as the form's fault at that field."""
    path = refusal.details.get("path")
    if isinstance(refusal, InvalidInput) and path:
        refusal.details["faults"] = [{"path": path, "message": refusal.message}]
    return refusal


add_page("projects/<uuid:uid>/vetting/", board, PAGE)
add_page("projects/<uuid:uid>/vetting/invite/", invite, "project-vetting-invite")
add_page("projects/<uuid:uid>/vetting/settings/", settings, SETTINGS)
add_page("projects/<uuid:uid>/vetting/switch/", switch, "project-vetting-switch")
add_page("candidacies/<uuid:uid>/", candidacy, "candidacy")
add_page("candidacies/<uuid:uid>/move/", move, "candidacy-move")
add_people_list("Vetting", PAGE)
