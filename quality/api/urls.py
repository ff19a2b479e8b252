from django.urls import path

from quality.api import issues, performance, review

urlpatterns = [
    path("reviews/<uuid:uid>/decide/", review.Decide.as_view(), name="api-slot-decide"),
    path("rows/<uuid:uid>/issues/", issues.IssuesOfRow.as_view(), name="api-row-issues"),
    path("projects/<uuid:uid>/issues/", issues.IssuesOfProject.as_view(), name="api-project-issues"),
    path(
        "projects/<uuid:uid>/performance/", performance.PerformanceOfProject.as_view(), name="api-project-performance"
    ),
    path("issues/<uuid:uid>/", issues.IssueDetail.as_view(), name="api-issue"),
    path("issues/<uuid:uid>/comments/", issues.Comments.as_view(), name="api-issue-comment"),
    path("issues/<uuid:uid>/resolve/", issues.Resolve.as_view(), name="api-issue-resolve"),
    path("issues/<uuid:uid>/reopen/", issues.Reopen.as_view(), name="api-issue-reopen"),
]
