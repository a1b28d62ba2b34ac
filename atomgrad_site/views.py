"""Pages that belong to no app: the way in."""

from __future__ import annotations

from django.contrib.auth import views as auth_views
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.decorators import method_decorator


def home(request: HttpRequest) -> HttpResponse:
    return redirect("desk")


@method_decorator(login_not_required, name="dispatch")
class LoginView(auth_views.LoginView):
    template_name = "login.html"
    redirect_authenticated_user = True
