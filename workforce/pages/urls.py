from django.urls import path

from workforce.pages import account, passwords, sign_in

urlpatterns = [
    path("login/", sign_in.sign_in, name="login"),
    path("login/reset/", passwords.ask, name="password-reset"),
    path("login/reset/<uuid:uid>/<slug:token>/", passwords.choose, name="password-reset-confirm"),
    path("logout/", sign_in.sign_out, name="logout"),
    path("account/", account.account, name="account"),
    path("account/password/", account.change_password, name="account-password"),
]
