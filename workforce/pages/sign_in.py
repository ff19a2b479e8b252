"""Sign in and out. Sign-up is closed."""

from django.contrib.auth import views
from django.contrib.auth.forms import AuthenticationForm
from django.forms import EmailField, EmailInput


class SignInForm(AuthenticationForm):
    username = EmailField(label="E-mail", widget=EmailInput(attrs={"autofocus": True, "autocomplete": "username"}))


sign_in = views.LoginView.as_view(
    template_name="workforce/sign_in.html", authentication_form=SignInForm, redirect_authenticated_user=True
)
sign_out = views.LogoutView.as_view()
