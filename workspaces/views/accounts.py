"""Sign up, sign in, sign out, and a person's own settings."""

from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate, login, logout, update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import Resolver404, resolve, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from workspaces import actions, sign_in_pause
from workspaces.errors import FactstormError, Forbidden, NotFound
from workspaces.forms import NameForm, PasswordChangeForm, SignInForm, SignUpForm
from workspaces.models import Invitation, Person, Workspace


def safe_next(request: HttpRequest) -> str:
    """The page somebody wanted before signing in, if it is one of ours; else "" ."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    own = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return target if own else ""


@sensitive_post_parameters("password")
@never_cache
def sign_in(request: HttpRequest) -> HttpResponse:
    """The door for those with an account."""
    target = safe_next(request)
    if request.user.is_authenticated:
        return redirect(target or "workspaces:home")
    form = SignInForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        person = _check_password(request, form)
        if person is not None:
            login(request, person)
            return redirect(target or "workspaces:home")
    context = {"form": form, "next": target, "may_sign_up": settings.SIGN_UP_OPEN or _invitation_in(target) is not None}
    return render(request, "workspaces/sign_in.html", context, status=422 if form.errors else 200)


def _check_password(request: HttpRequest, form: SignInForm) -> Person | None:
    """The person, or None with the reason on the form. Unknown address and wrong password read the same."""
    email = form.cleaned_data["email"].strip().lower()
    if sign_in_pause.is_paused(email):
        form.add_error(None, "Too many tries for this account. Wait a minute, then try again.")
        return None
    person = authenticate(request, username=email, password=form.cleaned_data["password"])
    if not isinstance(person, Person):
        sign_in_pause.note_failure(email)
        form.add_error(None, "E-mail and password don't match an account.")
        return None
    sign_in_pause.forget(email)
    return person


def _invitation_in(target: str) -> Invitation | None:
    """The live invitation that ``next`` leads to, if it leads to one."""
    try:
        match = resolve(urlsplit(target).path)
    except Resolver404:
        return None
    if match.view_name != "workspaces:join":
        return None
    try:
        return actions.find_invitation(match.kwargs["token"])
    except NotFound:
        return None


@sensitive_post_parameters("password")
@never_cache
def sign_up(request: HttpRequest) -> HttpResponse:
    """A new account with its first workspace; by an invitation, without one."""
    target = safe_next(request)
    if request.user.is_authenticated:
        return redirect(target or "workspaces:home")
    invitation = _invitation_in(target)
    if not settings.SIGN_UP_OPEN and invitation is None:
        raise Forbidden("New accounts are by invitation here.", hint="Ask somebody who is in for an invitation link.")
    form = SignUpForm(request.POST or None, invited=invitation is not None)
    if request.method == "POST" and form.is_valid():
        try:
            person, workspace = _make_account(form)
        except FactstormError as error:
            form.refuse(error)
        else:
            login(request, person, backend="django.contrib.auth.backends.ModelBackend")
            return redirect(target or _home_of(workspace))
    context = {"form": form, "next": target, "invitation": invitation}
    return render(request, "workspaces/sign_up.html", context, status=422 if form.errors else 200)


def _make_account(form: SignUpForm) -> tuple[Person, Workspace | None]:
    data = form.cleaned_data
    with transaction.atomic():
        person = actions.sign_up(email=data["email"], name=data["name"], password=data["password"])
        named = data.get("workspace")
        return person, actions.create_workspace(person, name=named) if named else None


def _home_of(workspace: Workspace | None) -> str:
    if workspace is None:
        return reverse("workspaces:home")
    return reverse("workspaces:workspace-home", kwargs={"workspace": workspace.slug})


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Ends the session."""
    logout(request)
    return redirect("workspaces:sign-in")


@login_required
@never_cache
def account(request: HttpRequest) -> HttpResponse:
    """Name and theme; the way to the password."""
    person = _person(request)
    form = NameForm(request.POST or None, initial={"name": person.name})
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_name(person, name=form.cleaned_data["name"])
        except FactstormError as error:
            form.refuse(error)
        else:
            messages.success(request, "Your name is changed.")
            return redirect("workspaces:account")
    return render(request, "workspaces/account.html", {"form": form}, status=422 if form.errors else 200)


@login_required
@sensitive_post_parameters()
@never_cache
def change_password(request: HttpRequest) -> HttpResponse:
    """Other sessions of this person end, this one goes on."""
    form = PasswordChangeForm(_person(request), request.POST or None)
    if request.method == "POST" and form.is_valid():
        update_session_auth_hash(request, form.save())
        messages.success(request, "Your password is changed. Other devices are signed out.")
        return redirect(reverse("workspaces:account"))
    return render(request, "workspaces/password.html", {"form": form}, status=422 if form.errors else 200)


def _person(request: HttpRequest) -> Person:
    if not isinstance(request.user, Person):  # login_required has seen to it; this tells the type checker
        raise NotFound
    return request.user
