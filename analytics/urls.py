"""Pages of analysis, and pictures that only they show."""

from django.urls import path

from analytics.views import cameras, evaluation, search

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
