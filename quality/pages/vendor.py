"""The pages of a vendor's manager: shared projects with what waits, own people, labels, figures and questions."""

from datetime import timedelta
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from labeling import class_shares, day_limits, work_time
from quality import home, issues, skills, vendor_limits, vendors
from quality.admin.issue_list import shown_list, time_values
from quality.performance import performance_of
from workforce import invitations, organizations
from workforce.admin import filters, paging
from workforce.admin.pages import act
from workforce.errors import InvalidInput, NotAllowed
from workforce.models import Invitation, Membership, Team
from workforce.pages.signed_in import PersonRequest, signed_in

PAGES = (
    ("vendor", "Projects"),
    ("vendor-people", "People"),
    ("vendor-labels", "Labels"),
    ("vendor-performance", "Performance"),
    ("vendor-issues", "Questions"),
)
DAYS = 14


class SkillForm(forms.Form):
    skill = forms.UUIDField()
    value = forms.IntegerField(min_value=0, max_value=100)
    evidence = forms.CharField(max_length=skills.LONGEST_EVIDENCE)


class LimitsForm(forms.Form):
    project = forms.CharField(max_length=60)
    rows = forms.IntegerField(required=False, min_value=1, max_value=day_limits.MOST_ROWS)
    percent = forms.IntegerField(required=False, min_value=1, max_value=99)
    counts_from = forms.IntegerField(min_value=1, max_value=class_shares.MOST_COUNTS_FROM)


class AnswerForm(forms.Form):
    issue = forms.UUIDField()
    text = forms.CharField(strip=False)


@require_safe
@signed_in
def start(request: PersonRequest) -> HttpResponse:
    """The vendor of who manages one; the first by name of several."""
    vendor = vendors.vendors_of(request.user).order_by("name", "pk").first()
    if vendor is None:
        raise NotAllowed(vendors.MANAGERS_DOOR)
    return redirect("vendor", vendor.uid)


@require_safe
@signed_in
def overview(request: PersonRequest, uid: str) -> HttpResponse:
    vendor = vendors.vendor_for(request.user, uid)
    return _show(request, vendor, "vendor", figures=vendors.queue_figures(request.user, vendor))


@require_safe
@signed_in
def people(request: PersonRequest, uid: str) -> HttpResponse:
    vendor = vendors.vendor_for(request.user, uid)
    page = paging.page_of(request, vendors.people_of(request.user, vendor), order=("person__name", "pk"))
    known = skills.skills_of_members(page.rows)
    invited = invitations.invitations_visible_to(request.user).filter(vendor=vendor)
    return _show(
        request,
        vendor,
        "vendor-people",
        page=page,
        lines=[(member, known[member.pk]) for member in page.rows],
        invited=invited.order_by("email")[: invitations.MOST_AT_ONCE],
        words=skills.skill_names_of(vendor.organization),
    )


@require_POST
@signed_in
def invite(request: PersonRequest, uid: str) -> HttpResponse:
    vendor = vendors.vendor_for(request.user, uid)
    return act(
        request,
        lambda: invitations.invite_people(
            request.user,
            vendor.organization,
            request.POST.get("emails", "").replace(",", "\n").split("\n"),
            role=Membership.Role.MEMBER,
            vendor=vendor,
        ),
        lambda outcome: outcome.in_words(one="person invited", many="people invited"),
        then=reverse("vendor-people", args=[uid]),
    )


@require_POST
@signed_in
def invite_again(request: PersonRequest, uid: str) -> HttpResponse:
    found = vendors.invitation_for(request.user, uid)
    return act(
        request,
        lambda: invitations.send_again(request.user, found),
        f"A new invitation is on its way to {found.email}; the link of the one before has ended.",
        then=_people_of(found),
    )


@require_POST
@signed_in
def take_back(request: PersonRequest, uid: str) -> HttpResponse:
    found = vendors.invitation_for(request.user, uid)
    return act(
        request,
        lambda: invitations.revoke_invitation(request.user, found),
        f"The invitation of {found.email} opens nothing from now on.",
        then=_people_of(found),
    )


@require_POST
@signed_in
def change_person(request: PersonRequest, uid: str) -> HttpResponse:
    member = vendors.member_for(request.user, uid)
    is_active = request.POST.get("is_active") == "yes"
    said = "works again" if is_active else "is deactivated: nothing opens, what is done stays"
    return act(
        request,
        lambda: organizations.change_membership(request.user, member, is_active=is_active),
        f"{member.person.name} {said}.",
        then=_people_of(member),
    )


@require_POST
@signed_in
def set_skill(request: PersonRequest, uid: str) -> HttpResponse:
    member = vendors.member_for(request.user, uid)

    def rule() -> Any:
        values = _checked(SkillForm(request.POST), "Choose a skill, a value from 0 to 100, and say what shows it.")
        word = skills.skill_named(member.organization_id, values.pop("skill"))
        return skills.set_skill(request.user, member, word, **values)

    said = f"{member.person.name} has {{0.skill_name}} {{0.value}} now."
    return act(request, rule, said.format, then=_people_of(member))


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def limits(request: PersonRequest, uid: str) -> HttpResponse:
    """What one of the own people may do at most, on each shared project."""
    member = vendors.member_for(request.user, uid)
    vendor = vendor_limits.vendor_of(member)
    if request.method == "POST":

        def rule() -> Any:
            otherwise = "Rows a day are 1 or more, a share is 1 to 99 percent from so many labels on, or each is empty."
            values = _checked(LimitsForm(request.POST), otherwise)
            return vendor_limits.set_limits(request.user, member, values.pop("project"), **values)

        said = f"The limits of {member.person.name} in {{0.project.name}} are kept."
        return act(request, rule, said.format, then=reverse("vendor-person-limits", args=[uid]))
    page = paging.page_of(request, vendors.projects_of(request.user, vendor), order=("name", "pk"))
    told = vendor_limits.limits_on(member, page.rows)
    shown = {"member": member, "page": page, "limits": told, "counts_from": class_shares.COUNTS_FROM}
    return _show(request, vendor, "vendor-people", template="quality/vendor_limits.html", **shown)


@require_safe
@signed_in
def labels(request: PersonRequest, uid: str) -> HttpResponse:
    vendor = vendors.vendor_for(request.user, uid)
    page = paging.page_of(request, vendors.labels_of(request.user, vendor))
    return _show(request, vendor, "vendor-labels", page=page)


@require_safe
@signed_in
def performance(request: PersonRequest, uid: str) -> HttpResponse:
    """The last two weeks of one shared project: the one that the address names, else the first by name."""
    vendor = vendors.vendor_for(request.user, uid)
    projects = list(vendors.projects_of(request.user, vendor).order_by("name"))
    wanted = request.GET.get("project")
    project = vendors.project_for(request.user, vendor, wanted) if wanted else next(iter(projects), None)
    shown, times = None, {}
    if project is not None:
        until = work_time.day_in(project, work_time.clock())
        since = until - timedelta(days=DAYS)
        shown = performance_of(request.user, project, since=since, until=until, team=vendor.name)
        asked = vendors.issues_of(request.user, vendor).filter(project=project)
        path = reverse("vendor-issues", args=[vendor.uid])
        times = time_values(request.user, asked, path, by_groups=False, project=str(project.uid))
    return _show(
        request,
        vendor,
        "vendor-performance",
        projects=projects,
        project=project,
        shown=shown,
        shown_from=home.SHOWN_FROM,
        **times,
    )


@require_safe
@signed_in
def questions(request: PersonRequest, uid: str) -> HttpResponse:
    vendor = vendors.vendor_for(request.user, uid)
    found = vendors.issues_of(request.user, vendor)
    shared = vendors.projects_of(request.user, vendor).order_by("name").values_list("uid", "name")
    projects = [(str(project), name) for project, name in shared]
    wanted = request.GET.get("project", "")
    if wanted in dict(projects):
        found = found.filter(project__uid=wanted)
    choice = filters.menu(request, "project", "Project", projects)
    shown = shown_list(request, request.user, found, None, [choice] if len(projects) > 1 else [])
    threads = vendors.threads_for(request.user, shown.page.rows)
    return _show(request, vendor, "vendor-issues", shown=shown, page=shown.page, threads=threads)


@require_POST
@signed_in
def answer(request: PersonRequest, uid: str) -> HttpResponse:
    vendor = vendors.vendor_for(request.user, uid)

    def rule() -> Any:
        values = _checked(AnswerForm(request.POST), "Write an answer.")
        return issues.comment(request.user, issues.thread_of(request.user, str(values["issue"])), values["text"])

    return act(request, rule, "Your answer is in the thread.", then=reverse("vendor-issues", args=[vendor.uid]))


def _show(request: PersonRequest, vendor: Team, page_name: str, *, template: str = "", **values: Any) -> HttpResponse:
    tabs = [
        {"title": title, "link": reverse(name, args=[vendor.uid]), "is_current": name == page_name}
        for name, title in PAGES
    ]
    template = template or f"quality/{page_name.replace('-', '_')}.html"
    return render(request, template, {"vendor": vendor, "tabs": tabs, **values})


def _people_of(one: Membership | Invitation) -> str:
    assert one.vendor is not None
    return reverse("vendor-people", args=[one.vendor.uid])


def _checked(form: forms.Form, otherwise: str) -> dict[str, Any]:
    if not form.is_valid():
        raise InvalidInput("form_invalid", otherwise)
    return form.cleaned_data
