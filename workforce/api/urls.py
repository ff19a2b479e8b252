from django.urls import path

from workforce.api import invitations, jobs, schema, tokens

urlpatterns = [
    path("tokens/", tokens.Tokens.as_view(), name="api-tokens"),
    path("tokens/<uuid:uid>/", tokens.TokenByUid.as_view(), name="api-token"),
    path("invitations/", invitations.Invitations.as_view(), name="api-invitations"),
    path("invitations/<uuid:uid>/", invitations.InvitationByUid.as_view(), name="api-invitation"),
    path("jobs/<uuid:uid>/", jobs.JobByUid.as_view(), name="api-job"),
    path("schema/", schema.Schema.as_view(), name="api-schema"),
]
