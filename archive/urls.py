"""Pages and media of the archive; docs/design/architecture.md lists what each answers."""

from django.urls import path

from archive import views
from archive.api import FrameView

urlpatterns = [
    path("", views.archive_page, name="archive"),
    path("coverage/", views.coverage, name="archive-coverage"),
    path("days/", views.days, name="archive-days"),
    path("footage/", views.footage, name="archive-footage"),
    path("formats/<slug:digest>.mp4", views.format_file, name="archive-format"),
    path("recordings/<int:recording_id>.mp4", views.recording_file, name="archive-recording"),
    path(
        "recordings/<int:recording_id>/keyframes.mp4",
        views.keyframes_file,
        name="archive-keyframes",
    ),
    path("growing/<int:stream_id>/<str:name>.mp4", views.growing_file, name="archive-growing"),
    path("frame.jpg", views.frame_picture, name="archive-frame"),
    path("frames/", FrameView.as_view(), name="archive-frames"),
    path("hls/<int:camera_id>.m3u8", views.playlist, name="archive-playlist"),
    path(
        "hls/recordings/<int:recording_id>/<int:gop>.mp4",
        views.playlist_segment,
        name="archive-segment",
    ),
    path("verify/", views.verify_page, name="archive-verify"),
    path("verify/offline.html", views.offline_verify_page, name="archive-verify-offline"),
    path("exports/<uuid:public_id>/<str:name>", views.export_file, name="archive-export"),
]
