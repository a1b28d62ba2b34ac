"""The list of alarms, and what other pages ask of them."""

from django.urls import URLPattern, path, re_path

from incidents.views import alarms as views
from incidents.views import incident_rows, incidents, interchange, reports

urlpatterns = [
    path("", views.alarms_page, name="alarms"),
    path("marks/", views.marks, name="alarm-marks"),
    path("boxes/", views.boxes, name="archive-boxes"),
    re_path(
        r"^pictures/(?P<detection_id>\d{1,18})-(?P<which>first|second)\.jpg$",
        views.picture,
        name="alarm-picture",
    ),
    path("frames/<int:picture_id>.jpg", views.frame, name="alarm-frame"),
]

# Filled as the pages come.
incident_patterns: list[URLPattern] = [
    path("", incidents.incidents_page, name="incidents"),
    path("new/", incidents.new_incident, name="incident-new"),
    path("reminders/", incident_rows.due, name="incident-reminders"),
    path("<int:incident_id>/", incidents.incident_page, name="incident"),
    path("<int:incident_id>/state/", incidents.incident_state, name="incident-state"),
    path("<int:incident_id>/act.pdf", incidents.transfer_act, name="incident-act"),
    path("<int:incident_id>/rows/<slug:block>/", incident_rows.write_row, name="incident-row-new"),
    path(
        "<int:incident_id>/rows/<slug:block>/<int:row_id>/",
        incident_rows.write_row,
        name="incident-row",
    ),
]
police_patterns: list[URLPattern] = []
shift_patterns: list[URLPattern] = []
report_patterns: list[URLPattern] = [
    path("", reports.report_page, name="reports"),
    re_path(r"^file\.(?P<extension>csv|xlsx|pdf)$", reports.report_file, name="report-file"),
    path("month/", reports.month_page, name="report-month"),
    re_path(
        r"^month/file\.(?P<extension>csv|xlsx|pdf)$", reports.month_file, name="report-month-file"
    ),
    path("exchange/", interchange.exchange_page, name="exchange"),
    path("exchange/retry/", interchange.retry_all, name="exchange-retry-all"),
    path("exchange/<int:delivery_id>/retry/", interchange.retry_delivery, name="exchange-retry"),
]
