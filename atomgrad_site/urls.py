"""Every page and endpoint. `tests/test_routes.py` holds who may call each."""

from django.contrib import admin
from django.contrib.auth import views as auth_views
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from django.utils.translation import gettext_lazy as _
from django.views.i18n import JavaScriptCatalog, set_language

from analytics.urls import face_patterns
from atomgrad_site import views
from incidents.urls import (
    citizen_patterns,
    incident_patterns,
    police_patterns,
    report_patterns,
    shift_patterns,
)

# Here, not at start: workers serve no pages, and what the pages draw with is slow to import.
admin.autodiscover()
admin.site.index_title = _("Setup")

urlpatterns = [
    path("", views.home, name="home"),
    path("login/", views.LoginView.as_view(), name="login"),
    path("logout/", auth_views.LogoutView.as_view(), name="logout"),
    path("account/", views.account, name="account"),
    path("account/password/", views.PasswordChangeView.as_view(), name="password_change"),
    path("help/", views.help_page, name="help"),
    path("desk/", views.desk, name="desk"),
    path("overview/", views.overview, name="overview"),
    path("health/", views.health, name="health"),
    path("health/streams/", views.health_streams, name="health_streams"),
    path("health/analysis/", views.health_analysis, name="health_analysis"),
    path("health/storage/", views.health_storage, name="health_storage"),
    path("health/services/", views.health_services, name="health_services"),
    path("status/", views.status, name="status"),
    path("i18n/setlang/", login_not_required(set_language), name="set_language"),
    path("jsi18n/", login_not_required(JavaScriptCatalog.as_view()), name="javascript-catalog"),
    path("admin/login/", views.admin_login),
    path("admin/", admin.site.urls),
    path("", include("cameras.urls")),
    path("archive/", include("archive.urls")),
    path("analysis/", include("analytics.urls")),
    path("faces/", include(face_patterns)),
    path("alarms/", include("incidents.urls")),
    path("incidents/", include(incident_patterns)),
    path("police/", include(police_patterns)),
    path("shift/", include(shift_patterns)),
    path("reports/", include(report_patterns)),
    path("report/", include(citizen_patterns)),
    path("api/", include("atomgrad_site.api_urls")),
]
handler403 = "atomgrad_site.views.forbidden"
