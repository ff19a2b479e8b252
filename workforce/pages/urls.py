from django.urls import path

from workforce.pages import invitations, sign_in

urlpatterns = [
    path("login/", sign_in.sign_in, name="login"),
    path("invitations/<str:signed>/", invitations.invitation, name="invitation"),
    path("logout/", sign_in.sign_out, name="logout"),
]
