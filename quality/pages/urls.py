from django.urls import path

from quality.pages import gold, home, issues, practice, quizzes, team, vendor, vetting

urlpatterns = [
    path("", home.home, name="home"),
    path("my-issues/", issues.my_issues, name="my-issues"),
    path("my-issues/<uuid:uid>/say/", issues.say, name="my-issue-say"),
    path("my-gold/", gold.my_gold, name="my-gold"),
    path("my-gold/<uuid:uid>/decide/", gold.decide, name="my-gold-decide"),
    path("my-gold/<uuid:uid>/draw/", gold.draw, name="my-gold-draw"),
    path("my-team/", team.my_team, name="my-team"),
    path("my-team/<uuid:uid>/pause/", team.pause, name="my-team-pause"),
    path("my-team/<uuid:uid>/resume/", team.resume, name="my-team-resume"),
    path("vetting/<uuid:uid>/", vetting.standing, name="vetting"),
    path("vetting/<uuid:uid>/apply/", vetting.apply, name="vetting-apply"),
    path("vetting/<uuid:uid>/withdraw/", vetting.withdraw, name="vetting-withdraw"),
    path("quiz/<uuid:uid>/", quizzes.quiz, name="quiz"),
    path("practice/<uuid:uid>/", practice.practise, name="practice"),
    path("practice-rows/<uuid:uid>/picture/", practice.picture, name="practice-picture"),
    path("vendor/", vendor.start, name="vendor-start"),
    path("vendors/<uuid:uid>/", vendor.overview, name="vendor"),
    path("vendors/<uuid:uid>/people/", vendor.people, name="vendor-people"),
    path("vendors/<uuid:uid>/people/invite/", vendor.invite, name="vendor-invite"),
    path("vendor-invitations/<uuid:uid>/again/", vendor.invite_again, name="vendor-invitation-again"),
    path("vendor-invitations/<uuid:uid>/revoke/", vendor.take_back, name="vendor-invitation-revoke"),
    path("vendor-people/<uuid:uid>/change/", vendor.change_person, name="vendor-person-change"),
    path("vendor-people/<uuid:uid>/skills/", vendor.set_skill, name="vendor-person-skills"),
    path("vendor-people/<uuid:uid>/limits/", vendor.limits, name="vendor-person-limits"),
    path("vendors/<uuid:uid>/labels/", vendor.labels, name="vendor-labels"),
    path("vendors/<uuid:uid>/performance/", vendor.performance, name="vendor-performance"),
    path("vendors/<uuid:uid>/issues/", vendor.questions, name="vendor-issues"),
    path("vendors/<uuid:uid>/issues/answer/", vendor.answer, name="vendor-issue-answer"),
]
