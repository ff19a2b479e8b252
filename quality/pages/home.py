"""Home."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from quality import home as rules
from quality import team_lead
from workforce import access
from workforce.pages.signed_in import PersonRequest, signed_in


@require_safe
@signed_in
def home(request: PersonRequest) -> HttpResponse:
    shown = rules.home_of(request.user)
    if not shown.waits and access.enters_admin(request.user):
        return redirect("admin:index")
    manages_vendor = access.vendors_managed_by(request.user).exists()
    if not shown.waits and manages_vendor:
        return redirect("vendor-start")
    values = {"home": shown, "shown_from": rules.SHOWN_FROM, "manages_vendor": manages_vendor}
    values["leads_team"] = team_lead.projects_led_by(request.user).exists()
    return render(request, "quality/home.html", values)
