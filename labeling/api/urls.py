from django.urls import path

from labeling.api import queue

urlpatterns = [
    path("projects/<uuid:uid>/claim/", queue.Claim.as_view(), name="api-claim"),
    path("projects/<uuid:uid>/claim-review/", queue.ClaimReview.as_view(), name="api-claim-review"),
    path("slots/<uuid:uid>/heartbeat/", queue.Heartbeat.as_view(), name="api-slot-heartbeat"),
    path("slots/<uuid:uid>/draft/", queue.DraftOfSlot.as_view(), name="api-slot-draft"),
    path("slots/<uuid:uid>/submit/", queue.Submit.as_view(), name="api-slot-submit"),
    path("slots/<uuid:uid>/skip/", queue.Skip.as_view(), name="api-slot-skip"),
    path("slots/<uuid:uid>/release/", queue.Release.as_view(), name="api-slot-release"),
]
