"""Long work: imports and exports with how far they are, and what each refused."""

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from workforce import access, outbox
from workforce import jobs as job_rules
from workforce.admin import filters, paging
from workforce.admin.pages import PersonRequest, act, reader_of, show
from workforce.admin.site import Entry, add_entry, add_page
from workforce.errors import NotFound
from workforce.models import Job, Organization
from workforce.roles import Permission

MOST_PROBLEMS = 200


@require_safe
def jobs(request: PersonRequest) -> HttpResponse:
    found = job_rules.jobs_of(request.user)
    menus = [
        filters.menu(request, "kind", "Kind", Job.Kind.choices),
        filters.menu(request, "state", "State", Job.State.choices),
    ]
    for name in ("kind", "state"):
        choices = Job.Kind.values if name == "kind" else Job.State.values
        if request.GET.get(name) in choices:
            found = found.filter(**{name: request.GET[name]})
    return show(
        request,
        "workforce/admin/jobs.html",
        title="Imports and exports",
        page=paging.page_of(request, found),
        menus=menus,
        clear_all=filters.clear_all_link(request, menus),
        given_up=outbox.quarantined_by_organization(reader_of(request).organizations_with(Permission.MANAGE_JOBS)),
    )


@require_POST
def again(request: PersonRequest, uid: str) -> HttpResponse:
    organization = access.access(request.user, Organization.objects.all(), uid, Permission.MANAGE_JOBS)
    return act(
        request,
        lambda: outbox.try_again(request.user, organization),
        lambda count: f"{count} {'job is' if count == 1 else 'jobs are'} tried again.",
        then=reverse("admin:jobs"),
    )


@require_safe
def job(request: PersonRequest, uid: str) -> HttpResponse:
    found = job_rules.jobs_of(request.user).select_related("organization").filter(uid=uid).first()
    if found is None:
        raise NotFound
    problems = list(found.problems.order_by("position", "pk")[: MOST_PROBLEMS + 1])
    return show(
        request,
        "workforce/admin/job.html",
        title=found.get_kind_display().capitalize(),
        crumbs=[("Imports and exports", reverse("admin:jobs"))],
        organization=found.organization,
        job=found,
        problems=problems[:MOST_PROBLEMS],
        has_more_problems=len(problems) > MOST_PROBLEMS,
    )


add_page("jobs/", jobs, "jobs")
add_page("jobs/<uuid:uid>/", job, "job")
add_page("jobs/again/<uuid:uid>/", again, "jobs-again")
add_entry(
    Entry(
        "Data",
        "Imports and exports",
        "download",
        "admin:jobs",
        lambda r: True,
        order=30,
    )
)
