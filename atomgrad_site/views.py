"""Pages of the portal: the way in, the desk, the overview, health, help."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth import views as auth_views
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_safe

from atomgrad_site.access import allowed_to
from atomgrad_site.analysis import AnalysisHealth, analysis_health
from atomgrad_site.context import PageFrame
from atomgrad_site.health import PortalStatus, portal_status
from atomgrad_site.key_help import key_groups
from atomgrad_site.plan import place_plan, town_plan
from atomgrad_site.services import service_states
from atomgrad_site.storage import StorageView, storage_view
from atomgrad_site.wall import SMALL_TILE_COUNT, arrange, field_for, places_of, screens_of
from cameras.access import Act, cameras_visible_to, can
from incidents.models import FalseReason

TOUR_SECONDS = 20  # at one place
NEIGHBOR_SLOTS = 4  # below the spot picture; the plan takes the free ones


@method_decorator(login_not_required, name="dispatch")
class LoginView(auth_views.LoginView):
    template_name = "login.html"
    redirect_authenticated_user = True

    def get_default_redirect_url(self) -> str:
        return str(reverse_lazy("home"))


class PasswordChangeView(auth_views.PasswordChangeView):
    template_name = "password_change.html"
    success_url = reverse_lazy("account")


def admin_login(request: HttpRequest) -> HttpResponse:
    """There is one way in; whoever is in already has no right to the admin pages."""
    if request.user.is_authenticated:
        raise PermissionDenied
    return redirect_to_login(request.GET.get("next", reverse("admin:index")))


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Open the first page the user may see."""
    if can(request.user, Act.WATCH):
        return redirect("desk")
    if can(request.user, Act.VIEW_ARCHIVE):
        return redirect("archive")
    if can(request.user, Act.VIEW_HEALTH):
        return redirect("health")
    if can(request.user, Act.USE_POLICE_SEAT):
        return redirect("police")
    return redirect("account")


@require_safe
def account(request: HttpRequest) -> HttpResponse:
    return render(request, "account.html", {"languages": settings.LANGUAGES})


@require_safe
def help_page(request: HttpRequest) -> HttpResponse:
    return render(request, "help.html", {"groups": key_groups()})


@require_safe
@allowed_to(Act.WATCH)
def desk(request: HttpRequest) -> HttpResponse:
    """Live of one place; the page holds all places and changes between them by itself."""
    health = _watched(request)
    places = [
        {
            "place": place,
            "plan": place_plan(h.camera for h in place.cameras),
            "plan_class": f"wide-{max(1, NEIGHBOR_SLOTS - len(place.cameras) + 1)}",
        }
        for place in places_of(health.cameras)
    ]
    context = {
        "places": places,
        "status": health,
        "tour_seconds": TOUR_SECONDS,
        "sees_alarms": can(request.user, Act.VIEW_DETECTIONS),
        "can_acknowledge": can(request.user, Act.ACKNOWLEDGE),
        "is_senior": can(request.user, Act.VERIFY_INCIDENTS),
        "false_reasons": FalseReason.choices,
    }
    return render(request, "desk.html", context)


@require_safe
@allowed_to(Act.WATCH)
def overview(request: HttpRequest) -> HttpResponse:
    """All cameras: large tiles by place, or up to 25 small ones (`?tiles=25`), in screens."""
    health = _watched(request)
    places = places_of(health.cameras)
    plan = town_plan(h.camera for h in health.cameras)
    is_small = request.GET.get("tiles") == str(SMALL_TILE_COUNT)
    flat = [(place, h) for place in places for h in place.cameras]
    steps = range(0, len(flat), SMALL_TILE_COUNT)
    screens = [flat[i : i + SMALL_TILE_COUNT] for i in steps] if is_small else screens_of(places)
    page = _page(request, len(screens))
    context: dict[str, Any] = {
        "status": health,
        "storage": _storage(health),
        "plan": plan,
        "is_small": is_small,
        "place_count": len(places),
        "page": page,
        "page_count": len(screens),
    }
    if screens and is_small:
        context["tiles"] = screens[page - 1]
        context["field"] = field_for(len(screens[page - 1]), has_plan=plan is not None)
    elif screens:
        context["wall"] = arrange(screens_of(places)[page - 1], has_plan=plan is not None)
    return render(request, "overview.html", context)


def _page(request: HttpRequest, count: int) -> int:
    asked = request.GET.get("page", "1")
    return min(max(1, int(asked) if asked.isascii() and asked.isdecimal() else 1), max(1, count))


@require_safe
@allowed_to(Act.VIEW_HEALTH)
def health(request: HttpRequest) -> HttpResponse:
    status = _supervised(request)
    context = {"status": status, "analysis": _analysis(request), "storage": _storage(status)}
    return render(request, "health.html", context)


@require_GET
@never_cache
@allowed_to(Act.VIEW_HEALTH)
def health_streams(request: HttpRequest) -> HttpResponse:
    return render(request, "partials/health_streams.html", {"status": _supervised(request)})


@require_GET
@never_cache
@allowed_to(Act.VIEW_HEALTH)
def health_analysis(request: HttpRequest) -> HttpResponse:
    return render(request, "partials/health_analysis.html", {"analysis": _analysis(request)})


@require_GET
@never_cache
@allowed_to(Act.VIEW_HEALTH)
def health_storage(request: HttpRequest) -> HttpResponse:
    context = {"storage": _storage(_supervised(request))}
    return render(request, "partials/health_storage.html", context)


@require_GET
@never_cache
@allowed_to(Act.VIEW_HEALTH)
def health_services(request: HttpRequest) -> HttpResponse:
    return render(request, "partials/health_services.html", {"services": service_states()})


@require_GET
@never_cache
@allowed_to(Act.VIEW_HEALTH)
def status(request: HttpRequest) -> JsonResponse:
    """What pages ask for every few seconds: the clock, alarms, the state of each camera."""
    state = _supervised(request)
    frame = PageFrame(request, timezone.now())
    context = {"status": state, "storage": _storage(state), "duty": frame.duty, "frame": frame}
    return JsonResponse(
        {
            "server_us": frame.now_us,
            "alarms": [alarm.key for alarm in state.alarms],
            "told": frame.told_alarms,
            "important": [card.pk for card in frame.important_cards],
            "cameras": {h.camera.pk: {"level": h.level, "text": h.text} for h in state.cameras},
            "html": {
                "health": render_to_string("partials/health_cell.html", context, request),
                "strip": render_to_string("partials/health_strip.html", context, request),
                "alarms": render_to_string("partials/alarms.html", context, request),
                "told": render_to_string("partials/told_alarms.html", context, request),
                "important": render_to_string("partials/important_cards.html", context, request),
                **_duty_html(context, request),
            },
        }
    )


def _duty_html(context: dict[str, Any], request: HttpRequest) -> dict[str, str]:
    """Shift and mode as they are now: a desk is open for a whole shift."""
    if context["duty"] is None:
        return {}
    return {"duty": render_to_string("shift/cells.html", context, request)}


def _watched(request: HttpRequest) -> PortalStatus:
    cameras = cameras_visible_to(request.user)
    return portal_status(cameras, timezone.now(), reader=request.user)


def _supervised(request: HttpRequest) -> PortalStatus:
    visible = cameras_visible_to(request.user, act=Act.VIEW_HEALTH)
    return portal_status(visible, timezone.now(), reader=request.user)


def _storage(status: PortalStatus) -> StorageView:
    """Return the disks, and how far back those cameras reach that the status is of."""
    return storage_view(timezone.now()).of_cameras(h.camera.pk for h in status.cameras)


def _analysis(request: HttpRequest) -> AnalysisHealth:
    visible = cameras_visible_to(request.user, act=Act.VIEW_HEALTH)
    return analysis_health(visible, timezone.now())


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "403.html", status=403)
