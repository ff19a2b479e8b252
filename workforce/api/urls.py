from django.urls import path

from workforce.api import jobs, schema, tokens

urlpatterns = [
    path("tokens/", tokens.Tokens.as_view(), name="api-tokens"),
    path("tokens/<uuid:uid>/", tokens.TokenByUid.as_view(), name="api-token"),
    path("jobs/<uuid:uid>/", jobs.JobByUid.as_view(), name="api-job"),
    path("schema/", schema.Schema.as_view(), name="api-schema"),
]
