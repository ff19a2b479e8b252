"""Skills in the admin: the words, a person's values with their history, a file of many, what a project asks for."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from labeling import projects_list
from labeling.admin.project_tabs import add_tab, project_for, show_in_project
from labeling.models import Project
from quality import computed_skills, skill_files, skills
from quality.computed_skills import Source
from quality.models import MinimumSkill, Skill, SkillSource
from workforce import access
from workforce.admin import paging
from workforce.admin.pages import (
    REFUSED_FORM,
    PersonRequest,
    act,
    chosen,
    note_refusal,
    organization_field,
    reader_of,
    show,
)
from workforce.admin.person_sections import add_person_section
from workforce.admin.site import Entry, add_entry, add_page
from workforce.errors import InvalidInput, NotAllowed, NotFound, Refusal
from workforce.models import Membership, Organization
from workforce.roles import Permission

TAB = "project-skills"
HISTORY_SHOWN = 50
REFUSED_SHOWN = 100


class SkillNameForm(forms.Form):
    name = forms.CharField(
        max_length=skills.LONGEST_NAME, help_text="A word of the organization, such as Damage on cars."
    )

    def __init__(self, data: QueryDict | None, places: list[Organization]) -> None:
        super().__init__(data)
        self.fields["organization"] = organization_field(places)


class SkillForm(forms.Form):
    skill = forms.UUIDField()
    value = forms.IntegerField(min_value=0, max_value=100)
    evidence = forms.CharField(max_length=skills.LONGEST_EVIDENCE)
    noted_on = forms.DateField(required=False)


class SourceForm(forms.Form):
    skill = forms.UUIDField()
    kind_of_data = forms.ChoiceField(choices=SkillSource.Media.choices, required=False)
    feature = forms.CharField(max_length=64, required=False)
    half_life_days = forms.IntegerField(min_value=7, max_value=1000)


class MinimumForm(forms.Form):
    skill = forms.UUIDField()
    value = forms.IntegerField(min_value=1, max_value=100)
    batch = forms.CharField(max_length=36, required=False)


# --- Words ------------------------------------------------------------------------------------------------------
@require_http_methods(["GET", "HEAD", "POST"])
def words(request: PersonRequest) -> HttpResponse:
    places = _places(request)
    form = SkillNameForm(request.POST or None, places) if places else None
    if request.method == "POST" and form is not None and form.is_valid():
        try:
            place = chosen(places, form.cleaned_data["organization"])
            made = skills.add_skill_name(request.user, place, form.cleaned_data["name"])
        except Refusal as refusal:
            note_refusal(form, refusal)
        else:
            messages.success(request, f"{made.name} is a skill now.")
            return redirect("admin:skills")
    return _words_page(request, form)


@require_POST
def take_file(request: PersonRequest) -> HttpResponse:
    """The report is answered at once: it is of this file and kept nowhere."""
    places = _places(request)
    upload = request.FILES.get("file")
    try:
        if upload is None:
            raise InvalidInput("file_missing", "Choose a CSV file. Nothing was changed.")
        place = chosen(places, request.POST.get("organization", ""))
        report = skill_files.import_skills(request.user, place, upload.read(skill_files.MOST_BYTES + 1))
    except (InvalidInput, NotAllowed) as refusal:
        messages.error(request, refusal.message)
        return redirect("admin:skills")
    return _words_page(request, SkillNameForm(None, places), report=report, refused=report.refused[:REFUSED_SHOWN])


@require_POST
def compute(request: PersonRequest) -> HttpResponse:
    """Compute a word from results against gold, or, when asked for nothing, no more."""
    place = chosen(_places(request), request.POST.get("organization", ""))

    def rule() -> str:
        values = _checked(SourceForm(request.POST), "Choose a skill, and after how many days a result weighs half.")
        word = skills.skill_named(place.pk, values.pop("skill"))
        if request.POST.get("stop"):
            computed_skills.compute_no_more(request.user, word)
            return f"{word.name} is not computed any more."
        values["media"] = values.pop("kind_of_data")
        people = computed_skills.compute_from(request.user, word, Source(**values))
        return f"{word.name} is computed now, for {people} {'person' if people == 1 else 'people'} so far."

    return act(request, rule, str, then=reverse("admin:skills"))


@require_safe
def file_of_skills(request: PersonRequest) -> HttpResponse:
    place = chosen(_places(request), request.GET.get("organization", ""))
    lines = skill_files.skills_as_csv(request.user, place)
    answer = HttpResponse("".join(lines), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="skills.csv"'
    return answer


def _places(request: PersonRequest) -> list[Organization]:
    reader = reader_of(request)
    if not reader.holds(Permission.VIEW_PEOPLE):
        raise NotAllowed(needs=str(Permission.VIEW_PEOPLE))
    return reader.organizations_with(Permission.MANAGE_PEOPLE)


def _words_page(request: PersonRequest, form: SkillNameForm | None, **values: Any) -> HttpResponse:
    return show(
        request,
        "quality/admin/skills.html",
        title="Skills",
        page=paging.page_of(request, skills.words_with_use(request.user), order=("name", "pk")),
        form=form,
        places=_places(request),
        sources=[
            (place, skills.skill_names_of(place), computed_skills.features_of(place), SkillSource.Media.choices)
            for place in _places(request)
        ],
        columns=skill_files.COLUMNS,
        status=REFUSED_FORM if form is not None and form.errors else 200,
        **values,
    )


# --- A person ---------------------------------------------------------------------------------------------------
def of_person(request: PersonRequest, member: Membership) -> dict[str, Any]:
    history = list(skills.history_of(member)[: HISTORY_SHOWN + 1])
    may_change = bool(access.can(request.user, Permission.MANAGE_PEOPLE, member))
    return {
        "member": member,
        "in_force": skills.skills_of_members([member])[member.pk],
        "computed": computed_skills.computed_of([member])[member.pk],
        "history": history[:HISTORY_SHOWN],
        "has_more": len(history) > HISTORY_SHOWN,
        "words": skills.skill_names_of(member.organization) if may_change else [],
        "may_change": may_change,
    }


@require_POST
def set_skill(request: PersonRequest, uid: str) -> HttpResponse:
    member = access.access(
        request.user, Membership.objects.select_related("person", "organization"), uid, Permission.MANAGE_PEOPLE
    )

    def rule() -> Skill:
        values = _checked(SkillForm(request.POST), "Choose a skill, a value from 0 to 100, and say what shows it.")
        word = skills.skill_named(member.organization_id, values.pop("skill"))
        return skills.set_skill(request.user, member, word, **values)

    said = f"{member.person.name} has {{0.skill_name}} {{0.value}} now."
    return act(request, rule, said.format, then=reverse("admin:person", args=[uid]))


# --- A project --------------------------------------------------------------------------------------------------
@require_http_methods(["GET", "HEAD", "POST"])
def minimums(request: PersonRequest, uid: str) -> HttpResponse:
    needs = Permission.CHANGE_PROJECT if request.method == "POST" else Permission.VIEW_QUEUE
    project = project_for(request, uid, needs)
    if request.method == "POST":
        return act(
            request, lambda: _require(request, project), _said_minimum, then=reverse(f"admin:{TAB}", args=[project.uid])
        )
    return show_in_project(
        request,
        project,
        "quality/admin/project_skills.html",
        page=TAB,
        minimums=skills.minimums_of(project),
        words=skills.skill_names_of(project.organization),
        batches=projects_list.batches_of(project).order_by("-pk")[:200],
    )


@require_POST
def drop_minimum(request: PersonRequest, uid: str) -> HttpResponse:
    project = project_for(request, uid, Permission.CHANGE_PROJECT)
    minimum = access.access(
        request.user, MinimumSkill.objects.filter(project=project), request.POST.get("uid", ""), Permission.VIEW_QUEUE
    )
    return act(
        request,
        lambda: skills.drop_requirement(request.user, minimum),
        "That skill is not asked for any more.",
        then=reverse(f"admin:{TAB}", args=[project.uid]),
    )


def _require(request: PersonRequest, project: Project) -> MinimumSkill:
    values = _checked(MinimumForm(request.POST), "Choose a skill and a value from 1 to 100.")
    batch = projects_list.batch_named(project, values["batch"])
    if values["batch"] and batch is None:
        raise NotFound
    word = skills.skill_named(project.organization_id, values["skill"])
    return skills.require_skill(request.user, project, word, value=values["value"], batch=batch)


def _said_minimum(minimum: MinimumSkill) -> str:
    where = f"The batch {minimum.batch}" if minimum.batch else "The project"
    return f"{where} asks for {minimum.skill_name} {minimum.value} or more now. Rows in hand and rework stay."


def _checked(form: forms.Form, otherwise: str) -> dict[str, Any]:
    if not form.is_valid():
        raise InvalidInput("form_invalid", otherwise)
    return form.cleaned_data


add_page("skills/", words, "skills")
add_page("skills/import/", take_file, "skills-import")
add_page("skills/compute/", compute, "skills-compute")
add_page("skills/skills.csv", file_of_skills, "skills-csv")
add_page("people/<uuid:uid>/skills/", set_skill, "person-skills")
add_page("projects/<uuid:uid>/skills/", minimums, TAB)
add_page("projects/<uuid:uid>/skills/drop/", drop_minimum, "project-skills-drop")
add_tab(25, "Skills", TAB)
add_person_section("quality/admin/_person_skills.html", of_person)
add_entry(
    Entry("People", "Skills", "star", "admin:skills", lambda r: reader_of(r).holds(Permission.VIEW_PEOPLE), order=30)
)
