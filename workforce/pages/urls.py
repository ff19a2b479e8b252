from django.urls import path

from workforce.pages import invitations, organizations, sign_in

urlpatterns = [
    path("login/", sign_in.sign_in, name="login"),
    path("invitations/<str:signed>/", invitations.invitation, name="invitation"),
    path("organizations/", organizations.own_organizations, name="organizations"),
    path("organizations/choose/", organizations.choose, name="organization-choose"),
    path("organizations/<uuid:uid>/leave/", organizations.leave, name="organization-leave"),
    path("logout/", sign_in.sign_out, name="logout"),
]
