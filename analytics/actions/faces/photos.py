"""A photo that a person gives: the one face in it, its template, and where it is kept."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext as _

from analytics import face_templates
from analytics.actions.faces.refusals import FacesRefusedError
from analytics.engine.faces.enrolment import (
    all_faces,
    cut_out,
    read_photo,
    the_middle_face,
    the_one_face,
)
from analytics.engine.faces.face import Face, FaceFinder, Picture, Recognizer, Template
from analytics.engine.faces.quality import Quality
from analytics.engine.frames import resized
from analytics.engine.weights import RECOGNIZERS, open_faces

LONGEST_SIDE = 1600
"""Of a kept photo, in pixels: enough for a person to compare."""
_JPEG_QUALITY = 92


@dataclass(frozen=True)
class FaceNetworks:
    finder: FaceFinder
    recognizer: Recognizer


@dataclass(frozen=True, eq=False)
class Enrolled:
    """What is known of a photo once its face is found."""

    jpeg: bytes
    """What is kept: drawn anew, so that nothing that hung on the file is kept or shown."""
    face: Face
    quality: Quality
    hints: tuple[str, ...]
    template: Template
    recognizer: str


def networks() -> FaceNetworks:
    """Return the networks of this process, opened once. Raises FacesRefusedError."""
    return _open(settings.WEIGHTS_DIR, settings.FACE_RECOGNIZER)


def recognizer_name() -> str:
    """Name the recognizer as its templates do, whether its file is there or not."""
    name = settings.FACE_RECOGNIZER
    if name in RECOGNIZERS:
        return name
    try:
        return networks().recognizer.name
    except FacesRefusedError:
        return name


@lru_cache(maxsize=1)
def _open(folder: Path, recognizer_name: str) -> FaceNetworks:
    finder, recognizer, _missing = open_faces(folder, recognizer_name)
    if finder is None or recognizer is None:
        raise FacesRefusedError(_("The networks for faces are not installed: see the Health page."))
    return FaceNetworks(finder, recognizer)


@dataclass(frozen=True, eq=False)
class FaceCut:
    """A face of a picture, cut out, to be chosen by a person."""

    jpeg: bytes
    eye_distance_px: float
    """In the picture it was cut from."""
    quality: Quality


def cut_faces(content: bytes, opened: FaceNetworks) -> list[FaceCut]:
    """Cut out every face of a picture that can be compared. Raises PhotoRefusedError."""
    picture = read_photo(content)
    return [
        FaceCut(_jpeg(cut_out(picture, found.face)), found.face.eye_distance, found.quality)
        for found in all_faces(picture, opened.finder)
    ]


def enroll(content: bytes, opened: FaceNetworks, *, is_cut: bool = False) -> Enrolled:
    """Read the photo, find the one face in it and take its template.

    Args:
        is_cut: it was cut out here around a face: the one in the middle is meant.

    Raises:
        PhotoRefusedError: it is no picture that can be read, or not exactly one face is in it.

    """
    picture = read_photo(content)
    find = the_middle_face if is_cut else the_one_face
    found = find(picture, opened.finder)
    return Enrolled(
        jpeg=_jpeg(picture),
        face=found.face,
        quality=found.quality,
        hints=found.hints,
        template=opened.recognizer.photo_template(picture, found.face),
        recognizer=opened.recognizer.name,
    )


def _jpeg(picture: Picture) -> bytes:
    height, width = picture.shape[:2]
    scale = min(1.0, LONGEST_SIDE / max(height, width))
    small = resized(picture, max(1, round(width * scale)), max(1, round(height * scale)))
    _done, data = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    return data.tobytes()


@contextmanager
def saved_photos(contents: Sequence[bytes], *, folder: str) -> Iterator[list[str]]:
    """Keep pictures encrypted in the media storage and give their paths for rows to name.

    If the rows are not written after all, no picture stays.
    """
    paths: list[str] = []
    try:
        for content in contents:
            name = f"faces/{folder}/{uuid.uuid4().hex}.bin"
            paths.append(default_storage.save(name, ContentFile(face_templates.seal(content))))
        yield paths
    except BaseException:
        for path in paths:
            default_storage.delete(path)
        raise


def delete_photos(paths: Iterable[str]) -> None:
    """Delete kept pictures once the transaction stands: undone, the rows still name them."""

    kept = list(paths)

    def delete() -> None:
        for path in kept:
            default_storage.delete(path)

    transaction.on_commit(delete)
