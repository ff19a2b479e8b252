from django.urls import path

from quality.pages import home

urlpatterns = [
    path("", home.home, name="home"),
    path("my-issues/", home.my_issues, name="my-issues"),
]
