"""Sign in and out. Sign-up is closed."""

import time

from django import forms
from django.conf import settings
from django.contrib.auth import login, views
from django.contrib.auth.forms import AuthenticationForm
from django.forms import EmailField, EmailInput
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from workforce import second_factor, sessions, sign_in_limits
from workforce.errors import RuleViolation, TooMany
from workforce.models import Person, SignInTry

# Who has given the right password and not yet a code; no password stands in the session.
PENDING = "between_the_steps"
PENDING_SECONDS = 600


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

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        person: Person = form.get_user()
        if not second_factor.is_set_up(person):
            answer = super().form_valid(form)
            return redirect("second-factor") if second_factor.is_required(person) else answer
        self.request.session[PENDING] = {
            "person": str(person.uid),
            "hash": person.get_session_auth_hash(),
            "until": time.time() + PENDING_SECONDS,
            "next": self.get_success_url(),
        }
        return redirect("sign-in-code")

    def _locked(self, refusal: TooMany) -> HttpResponse:
        context = self.get_context_data(form=SignInForm(self.request), locked=refusal.message)
        return self.render_to_response(context, status=refusal.status, headers=refusal.headers)


class CodeForm(forms.Form):
    code = forms.CharField(
        max_length=40,
        help_text="The six digits of your app, or one of your recovery codes.",
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "autofocus": True, "spellcheck": "false"}),
    )


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """The second half of signing in. Until it is done the browser is nobody's."""
    person = _pending_person(request)
    if person is None:
        request.session.pop(PENDING, None)
        return redirect("login")
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            second_factor.prove_code(person, form.cleaned_data["code"], request.META.get("REMOTE_ADDR"))
        except RuleViolation as refusal:
            form.add_error("code", refusal.message)
        else:
            then = request.session.pop(PENDING)["next"]
            login(request, person, backend=settings.AUTHENTICATION_BACKENDS[0])
            return redirect(then)
    return render(request, "workforce/sign_in_code.html", {"form": form})


def _pending_person(request: HttpRequest) -> Person | None:
    pending = request.session.get(PENDING)
    if not pending or pending["until"] < time.time():
        return None
    return sessions.person_between_steps(pending["person"], pending["hash"])


sign_in = SignIn.as_view()
sign_out = views.LogoutView.as_view()
