"""Pages of analysis, and pictures that only they show."""

from django.urls import path, re_path

from analytics.views import (
    cameras,
    evaluation,
    faces,
    faces_search,
    faces_switches,
    faces_watch_list,
    search,
)

urlpatterns = [
    path("", cameras.analysis_page, name="analysis"),
    path("evaluation/", evaluation.evaluation_page, name="analysis-evaluation"),
    path("search/", search.search_page, name="analysis-search"),
    path("cameras/<int:camera_id>/", cameras.camera_page, name="analysis-camera"),
    path("cameras/<int:camera_id>/switch/", cameras.switch, name="analysis-switch"),
    path("cameras/<int:camera_id>/hints/", cameras.lower, name="analysis-hints"),
    path("cameras/<int:camera_id>/picture.jpg", cameras.camera_picture, name="analysis-picture"),
    path(
        "trials/<uuid:public_id>/<int:number>.jpg",
        cameras.trial_picture,
        name="analysis-trial-picture",
    ),
]

face_patterns = [
    path("", faces.faces_page, name="faces"),
    path("<int:encounter_id>.jpg", faces.picture, name="faces-picture"),
    path("search/", faces_search.search_page, name="faces-search"),
    path("search/<int:search_id>/", faces_search.found_page, name="faces-search-found"),
    path("search/<int:search_id>.jpg", faces_search.picture, name="faces-search-picture"),
    path("watch-list/", faces_watch_list.list_page, name="faces-watch-list"),
    path("watch-list/add/", faces_watch_list.add_page, name="faces-add-entry"),
    path("watch-list/<int:entry_id>/", faces_watch_list.entry_page, name="faces-entry"),
    path("watch-list/<int:entry_id>/confirm/", faces_watch_list.confirm, name="faces-confirm"),
    path("watch-list/<int:entry_id>/withdraw/", faces_watch_list.withdraw, name="faces-withdraw"),
    path(
        "watch-list/photos/<int:photo_id>.jpg", faces_watch_list.photo_picture, name="faces-photo"
    ),
    re_path(
        r"^watch-list/hits/(?P<hit_id>\d{1,18})/(?P<which>seen|photo)\.jpg$",
        faces_watch_list.hit_picture,
        name="faces-hit-picture",
    ),
    path("switches/", faces_switches.switches_page, name="faces-switches"),
    re_path(
        r"^switches/(?P<name>[A-Z_]{1,20})/(?P<act>ask|confirm|withdraw)/$",
        faces_switches.turn,
        name="faces-turn",
    ),
    path("switches/calibration.png", faces_switches.calibration_picture, name="faces-calibration"),
    path("switches/calibrate/", faces_switches.calibrate, name="faces-calibrate"),
    path("switches/threshold/", faces_switches.set_threshold, name="faces-threshold"),
    path("report/", faces_switches.report_page, name="faces-report"),
]
