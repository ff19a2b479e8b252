"""Sign in and out. Sign-up is closed."""

from django.contrib.auth import views
from django.contrib.auth.forms import AuthenticationForm
from django.forms import EmailField, EmailInput
from django.http import HttpRequest, HttpResponse

from workforce import sign_in_limits
from workforce.errors import TooMany
from workforce.models import SignInTry


class SignInForm(AuthenticationForm):
    username = EmailField(label="E-mail", widget=EmailInput(attrs={"autofocus": True, "autocomplete": "username"}))


class SignIn(views.LoginView):
    """Known, unknown and deactivated accounts get the same answer: the hash is computed for each of them."""

    template_name = "workforce/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def post(self, request: HttpRequest, *args: str, **kwargs: object) -> HttpResponse:
        account, address = request.POST.get("username", ""), request.META.get("REMOTE_ADDR")
        try:
            taken = sign_in_limits.take_try(SignInTry.Kind.PASSWORD, account, address)
        except TooMany as refusal:
            return self._locked(refusal)
        form = self.get_form()
        if not form.is_valid():
            sign_in_limits.note_wrong(taken)
            return self.form_invalid(form)
        sign_in_limits.note_right(taken)
        return self.form_valid(form)

    def _locked(self, refusal: TooMany) -> HttpResponse:
        context = self.get_context_data(form=SignInForm(self.request), locked=refusal.message)
        return self.render_to_response(context, status=refusal.status, headers=refusal.headers)


sign_in = SignIn.as_view()
sign_out = views.LogoutView.as_view()
