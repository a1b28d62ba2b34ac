"""The list of alarms, and what other pages ask of them."""

from django.urls import URLPattern, path, re_path

from incidents.views import alarms as views
from incidents.views import (
    calls,
    citizens,
    drills,
    faces,
    incident_rows,
    incidents,
    interchange,
    journal,
    outside,
    police,
    reports,
    shifts,
)

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
    path("call/", calls.call_page, name="call"),
    path("call/nearby/<int:place_id>/", calls.call_nearby, name="call-nearby"),
    path("citizens/", citizens.reports_page, name="citizen-reports"),
    path("citizens/<int:report_id>/block/", citizens.block_address, name="citizen-block"),
    path("outside/<int:report_id>.jpg", outside.report_picture, name="outside-picture"),
]

# For everybody, without a login.
citizen_patterns: list[URLPattern] = [
    path("", citizens.report_start, name="citizen-start"),
    path("sent/<uuid:public_id>/", citizens.report_sent, name="citizen-sent"),
    path("<str:number>/", citizens.report_form, name="citizen-report"),
]

incident_patterns: list[URLPattern] = [
    path("<int:incident_id>/faces/", faces.incident_faces, name="incident-faces"),
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

police_patterns: list[URLPattern] = [
    path("", police.queue_page, name="police"),
    path("incidents/<int:incident_id>/", police.incident_page, name="police-incident"),
    path("incidents/<int:incident_id>/outcome/", police.tell_outcome, name="police-outcome"),
    path("stills/<uuid:public_id>-<int:position>.jpg", police.still, name="police-still"),
    path("requests/", police.requests_page, name="police-requests"),
    path("requests/<int:request_id>/answer/", police.answer_request, name="police-answer"),
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
