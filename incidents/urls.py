"""The list of alarms, and what other pages ask of them."""

from django.urls import URLPattern, path, re_path

from incidents.views import alarms as views

urlpatterns = [
    path("", views.alarms_page, name="alarms"),
    path("marks/", views.marks, name="alarm-marks"),
    path("boxes/", views.boxes, name="archive-boxes"),
    re_path(
        r"^pictures/(?P<detection_id>\d{1,18})-(?P<which>first|second)\.jpg$",
        views.picture,
        name="alarm-picture",
    ),
]

# Filled as the pages come.
incident_patterns: list[URLPattern] = []
police_patterns: list[URLPattern] = []
shift_patterns: list[URLPattern] = []
report_patterns: list[URLPattern] = []
