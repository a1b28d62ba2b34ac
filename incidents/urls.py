"""The list of alarms, and what other pages ask of them."""

from django.urls import URLPattern, path, re_path

from incidents.views import alarms as views
from incidents.views import drills, interchange, journal, reports, shifts

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
police_patterns: list[URLPattern] = []
shift_patterns: list[URLPattern] = [
    path("", shifts.shift_page, name="shift"),
    path("open/", shifts.open_, name="shift-open"),
    path("sign/", shifts.sign, name="shift-sign"),
    path("unsign/", shifts.unsign, name="shift-unsign"),
    path("take/", shifts.take, name="shift-take"),
    path("close/", shifts.close, name="shift-close"),
    path("mode/", shifts.mode, name="shift-mode"),
    path("sound/", shifts.sound, name="shift-sound"),
    path("sheet.pdf", shifts.sheet_file, name="shift-sheet"),
    path("handovers/<int:handover_id>.pdf", shifts.handover_file, name="shift-handover"),
    path("journal/", journal.journal_page, name="shift-journal"),
    path("journal/file.pdf", journal.journal_file, name="shift-journal-file"),
    path("drills/", drills.drills_page, name="shift-drills"),
    path("drills/<int:drill_id>/end/", drills.end, name="shift-drill-end"),
]
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
