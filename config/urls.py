"""Every address, floor by floor. Each has its rows in ``tests/access/matrix.csv``."""

from django.contrib import admin
from django.urls import include, path

from config.health import healthz
from workforce.consumers import LiveConsumer

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("", include("workforce.pages.urls")),
    path("", include("labeling.pages.urls")),
    path("", include("quality.pages.urls")),
    path("api/v1/", include("workforce.api.urls")),
    path("api/v1/", include("labeling.api.urls")),
    path("api/v1/", include("quality.api.urls")),
    path("admin/", admin.site.urls),
]
websocket_urlpatterns = [path("ws/live/", LiveConsumer.as_asgi())]
handler404 = "config.refusals.not_found"
handler500 = "config.refusals.server_error"
