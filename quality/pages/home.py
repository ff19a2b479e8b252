"""Home."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from quality import home as rules
from workforce import access
from workforce.pages.signed_in import PersonRequest, signed_in


@require_safe
@signed_in
def home(request: PersonRequest) -> HttpResponse:
    shown = rules.home_of(request.user)
    if not shown.waits and access.enters_admin(request.user):
        return redirect("admin:index")
    return render(request, "quality/home.html", {"home": shown, "shown_from": rules.SHOWN_FROM})
