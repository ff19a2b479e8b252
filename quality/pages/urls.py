from django.urls import path

from quality.pages import home, issues

urlpatterns = [
    path("", home.home, name="home"),
    path("my-issues/", issues.my_issues, name="my-issues"),
    path("my-issues/<uuid:uid>/say/", issues.say, name="my-issue-say"),
]
