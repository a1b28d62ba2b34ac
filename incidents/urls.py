"""The list of alarms, and what other pages ask of them."""

from django.urls import URLPattern, path, re_path

from incidents.views import alarms as views
from incidents.views import interchange, police, reports

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
incident_patterns: list[URLPattern] = []
police_patterns: list[URLPattern] = [
    path("", police.queue_page, name="police"),
    path("incidents/<int:incident_id>/", police.incident_page, name="police-incident"),
    path("incidents/<int:incident_id>/outcome/", police.tell_outcome, name="police-outcome"),
    path("stills/<uuid:public_id>-<int:position>.jpg", police.still, name="police-still"),
    path("requests/", police.requests_page, name="police-requests"),
    path("requests/<int:request_id>/answer/", police.answer_request, name="police-answer"),
]
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
