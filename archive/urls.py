"""Pages and media of the archive; docs/design/architecture.md lists what each answers."""

from django.urls import path

from archive.api import FrameView
from archive.views import certificates, exports, media, pages, verify

urlpatterns = [
    path("", pages.archive_page, name="archive"),
    path("coverage/", pages.coverage, name="archive-coverage"),
    path("days/", pages.days, name="archive-days"),
    path("footage/", media.footage, name="archive-footage"),
    path("formats/<slug:digest>.mp4", media.format_file, name="archive-format"),
    path("recordings/<int:recording_id>.mp4", media.recording_file, name="archive-recording"),
    path(
        "recordings/<int:recording_id>/keyframes.mp4",
        media.keyframes_file,
        name="archive-keyframes",
    ),
    path("growing/<int:stream_id>/<str:name>.mp4", media.growing_file, name="archive-growing"),
    path("frame.jpg", media.frame_picture, name="archive-frame"),
    path("frames/", FrameView.as_view(), name="archive-frames"),
    path("hls/<int:camera_id>.m3u8", media.playlist, name="archive-playlist"),
    path(
        "hls/recordings/<int:recording_id>/<int:gop>.mp4",
        media.playlist_segment,
        name="archive-segment",
    ),
    path("completeness/", certificates.completeness_page, name="archive-completeness"),
    path("verify/", verify.verify_page, name="archive-verify"),
    path("verify/offline.html", verify.offline_verify_page, name="archive-verify-offline"),
    path("exports/<uuid:public_id>/<str:name>", exports.export_file, name="archive-export"),
]
