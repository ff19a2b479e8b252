from django.urls import path

from workforce.pages import account, invitations, notices, organizations, passwords, second_factor, sign_in, tokens

urlpatterns = [
    path("login/", sign_in.sign_in, name="login"),
    path("login/code/", sign_in.code, name="sign-in-code"),
    path("login/reset/", passwords.ask, name="password-reset"),
    path("login/reset/<uuid:uid>/<slug:token>/", passwords.choose, name="password-reset-confirm"),
    path("invitations/<str:signed>/", invitations.invitation, name="invitation"),
    path("organizations/", organizations.own_organizations, name="organizations"),
    path("organizations/choose/", organizations.choose, name="organization-choose"),
    path("organizations/<uuid:uid>/leave/", organizations.leave, name="organization-leave"),
    path("logout/", sign_in.sign_out, name="logout"),
    path("account/", account.account, name="account"),
    path("account/name/", account.change_name, name="account-name"),
    path("account/sessions/<uuid:uid>/end/", account.end_session, name="account-session-end"),
    path("account/sign-out-everywhere/", account.sign_out_everywhere, name="account-sign-out-everywhere"),
    path("account/password/", account.change_password, name="account-password"),
    path("account/tokens/", tokens.tokens, name="account-tokens"),
    path("account/tokens/<uuid:uid>/revoke/", tokens.revoke, name="account-token-revoke"),
    path("account/notices/", notices.wishes, name="account-notices"),
    path("notices/", notices.notices, name="notices"),
    path("notices/unread/", notices.unread, name="notices-unread"),
    path("notices/read/", notices.read_all, name="notices-read-all"),
    path("notices/<uuid:uid>/read/", notices.read, name="notice-read"),
    path("notices/stop/<str:signed>/", notices.stop, name="notices-stop"),
    path("account/second-factor/", second_factor.second_factor, name="second-factor"),
    path("account/second-factor/begin/", second_factor.begin, name="second-factor-begin"),
    path("account/second-factor/confirm/", second_factor.confirm, name="second-factor-confirm"),
    path("account/second-factor/codes/", second_factor.renew_codes, name="second-factor-codes"),
    path("account/second-factor/remove/", second_factor.remove, name="second-factor-remove"),
]
