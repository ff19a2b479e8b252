from django.urls import path

from workforce.api import invitations, jobs, notices, people, schema, tokens

urlpatterns = [
    path("tokens/", tokens.Tokens.as_view(), name="api-tokens"),
    path("tokens/<uuid:uid>/", tokens.TokenByUid.as_view(), name="api-token"),
    path("invitations/", invitations.Invitations.as_view(), name="api-invitations"),
    path("invitations/<uuid:uid>/", invitations.InvitationByUid.as_view(), name="api-invitation"),
    path("jobs/<uuid:uid>/", jobs.JobByUid.as_view(), name="api-job"),
    path("notices/", notices.OwnNotices.as_view(), name="api-notices"),
    path("notices/all/read/", notices.ReadAllNotices.as_view(), name="api-notices-read-all"),
    path("notices/<uuid:uid>/read/", notices.ReadNotice.as_view(), name="api-notice-read"),
    path("people/", people.People.as_view(), name="api-people"),
    path("people/<uuid:uid>/", people.MemberByUid.as_view(), name="api-person"),
    path("schema/", schema.Schema.as_view(), name="api-schema"),
]
