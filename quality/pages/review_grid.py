"""The grid of a reviewer: many labels that consist of answers only, side by side. A shell; labels come over the API."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from labeling import projects
from quality import bulk_review
from quality.review import REJECT_REASONS
from workforce import access
from workforce.pages.signed_in import PersonRequest, signed_in
from workforce.roles import Permission


@require_safe
@signed_in
def review_grid(request: PersonRequest, uid: str) -> HttpResponse:
    project = projects.project_for(request.user, uid)
    access.require(request.user, Permission.REVIEW, project)
    page = {
        "project": project.name,
        "urls": {
            "claim": reverse("api-review-grid", args=[uid]),
            "decide": reverse("api-review-grid-decide", args=[uid]),
            "give_back": reverse("api-review-grid-give-back", args=[uid]),
            "editor": reverse("review", args=[uid]),
        },
        "reject_reasons": [{"code": code, "label": text} for code, text in REJECT_REASONS.items()],
        "rules": bulk_review.rules_to_cite(project),
    }
    values = {"project": project, "grid_page": page, "most": bulk_review.SHOWN_AT_ONCE}
    return render(request, "quality/review_grid.html", values)
