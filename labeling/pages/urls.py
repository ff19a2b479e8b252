from django.urls import path

from labeling.pages import assets, editor, guidelines

urlpatterns = [
    path("projects/<uuid:uid>/label/", editor.label, name="label"),
    path("projects/<uuid:uid>/review/", editor.review, name="review"),
    path("projects/<uuid:uid>/guidelines/", guidelines.guidelines, name="guidelines"),
    path("rows/<uuid:uid>/picture/", assets.asset, name="asset"),
    path("rows/<uuid:uid>/thumbnail/", assets.thumbnail, name="thumbnail"),
]
