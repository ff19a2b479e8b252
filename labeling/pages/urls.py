from django.urls import path

from labeling.pages import assets

urlpatterns = [
    path("rows/<uuid:uid>/picture/", assets.asset, name="asset"),
    path("rows/<uuid:uid>/thumbnail/", assets.thumbnail, name="thumbnail"),
]
