"""Faces of one camera, on real clips, networks and fragments; rows by the clerk's own code."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils.timezone import now
from real_clips import encode_mp4

from analytics import face_templates
from analytics.actions.faces.encounters import Passing
from analytics.actions.learned import Learned
from analytics.engine.analyzer import Finders
from analytics.engine.faces.face import FaceFinder, Recognizer
from analytics.engine.faces.matching import DEFAULT_THRESHOLD
from analytics.engine.overlay import OverlayBox
from analytics.engine.weights import OBJECTS, open_faces, open_finders
from analytics.models import Detection, FaceEncounter, FaceSwitch, Region, WatchEntry, WatchHit
from analytics.setup import setup_of
from analytics.watching.boxes import Minute
from analytics.watching.camera import WatchedCamera
from analytics.watching.faces import FaceWatch
from analytics.watching.faces_clerk import FaceClerk
from analytics.watching.findings import Finding
from cameras.models import Camera
from incidents.models import Alarm
from tests.analytics.footage import live_entries
from tests.archive.factories import Clip, decode_jpeg, make_camera, read_clip

pytestmark = [pytest.mark.media, pytest.mark.django_db(transaction=True)]

BEGAN_AT = 1_790_000_000.0


@dataclass
class Told:
    """What a camera told."""

    boxes: list[tuple[OverlayBox, ...]] = field(default_factory=list)

    def raised(self, finding: Finding) -> None:
        raise AssertionError("no rule is set")

    def ended(self, finding: Finding, at: datetime) -> None:
        raise AssertionError("no rule is set")

    def minute(self, minute: Minute) -> None:
        pass

    def seen(self, camera_id: int, at: float, boxes: tuple[OverlayBox, ...]) -> None:
        self.boxes.append(boxes)

    def learned(self, camera_id: int, learned: Mapping[int, Learned]) -> None:
        raise AssertionError("no rule is set")

    def began_anew(self, camera_id: int) -> None:
        pass

    def missed(self, camera_id: int, since: float, until: float) -> None:
        pass


@dataclass
class Watched:
    """A camera as an analysis worker has it, and what passed it."""

    row: Camera
    camera: WatchedCamera
    told: Told
    faces: FaceWatch
    passings: list[Passing]
    at: list[float]

    @property
    def gone(self) -> list[Passing]:
        return [passing for passing in self.passings if passing.is_over]

    def play(self, clip: Clip, *, main: Clip | None = None, began_at: float = BEGAN_AT) -> None:
        streams = [self._turns(clip, self.camera.take, began_at)]
        if main is not None:
            streams.append(self._turns(main, self.camera.take_main, began_at))
        turns = sorted((turn for stream in streams for turn in stream), key=lambda turn: turn[0])
        for at, take, entry in turns:
            self.at[0] = at + 0.05
            take([entry])
        self.camera.stop()

    @staticmethod
    def _turns(clip: Clip, take, began_at: float):  # type: ignore[no-untyped-def]
        for entry in live_entries(clip, began_at=began_at):
            yield entry.fragment.captured_us / 1e6, take, entry


Networks = tuple[Finders, FaceFinder, Recognizer]


@pytest.fixture(scope="module")
def networks(shared_folder: Path) -> Networks:
    finders, missing = open_finders(shared_folder / "models")
    assert OBJECTS.name not in missing
    finder, recognizer, _missing = open_faces(shared_folder / "models")
    assert finder is not None
    assert recognizer is not None
    return Finders(objects=finders.objects), finder, recognizer


@pytest.fixture
def row() -> Camera:
    return make_camera()


def watched_by(
    row: Camera,
    networks: Networks,
    *,
    has_main: bool = False,
    compares: Callable[[], bool] = lambda: True,
) -> Watched:
    finders, finder, recognizer = networks
    told, passings, at = Told(), list[Passing](), [BEGAN_AT]
    camera = WatchedCamera(row.pk, setup_of(row), finders, told, clock=lambda: at[0])
    faces = FaceWatch(
        row.pk, finder, recognizer, passings.append, has_main=has_main, compares=compares
    )
    camera.faces = faces
    return Watched(row, camera, told, faces, passings, at)


@pytest.fixture
def watched(row: Camera, networks: Networks) -> Watched:
    return watched_by(row, networks)


def face_clip(folder: Path, name: str, seconds: int) -> Clip:
    return read_clip(encode_mp4(folder / "clips" / "faces" / name, seconds=seconds))


@pytest.fixture(scope="module")
def stranger(shared_folder: Path) -> Clip:
    return face_clip(shared_folder, "head-pose-face-detection-male.mp4", 5)


@pytest.fixture(scope="module")
def actors(shared_folder: Path) -> Clip:
    """Among others the one who is wanted: small until 0.7 s, alone from 2.8 s to 7.1 s."""
    return face_clip(shared_folder, "short_hamilton_clip.mp4", 9)


@pytest.fixture
def person() -> User:
    return User.objects.create(username="chief")


def switch_on(person: User, *names: FaceSwitch.Name) -> None:
    other = User.objects.create(username="deputy")
    for name in names:
        FaceSwitch.objects.create(
            name=name,
            order_number="12-р",
            until=now() + timedelta(days=30),
            asked_by=person,
            asked_at=now(),
            confirmed_by=other,
            confirmed_at=now(),
        )


def enroll(person: User, photo: Path, networks: Networks) -> WatchEntry:
    """An entry in force, with one photo."""
    _finders, finder, recognizer = networks
    picture = np.asarray(cv2.imread(str(photo)), dtype=np.uint8)
    [face] = finder.find(picture)
    entry = WatchEntry.objects.create(
        kind=WatchEntry.Kind.WANTED,
        name="Миранда Л.",
        ground=WatchEntry.Ground.CASE,
        ground_number="17-2026",
        until=now() + timedelta(days=10),
        created_by=person,
        created_at=now(),
        confirmed_by=User.objects.create(username="second"),
        confirmed_at=now(),
    )
    jpeg = cv2.imencode(".jpg", picture)[1].tobytes()
    entry.photos.create(
        picture=default_storage.save("faces/photo.bin", ContentFile(face_templates.seal(jpeg))),
        template=face_templates.seal(recognizer.template(picture, face).tobytes()),
        recognizer=recognizer.name,
        quality=1.0,
        eye_distance_px=face.eye_distance,
    )
    return entry


def write(passings: list[Passing]) -> None:
    clerk = FaceClerk()
    for passing in passings:
        clerk.write(passing)


@pytest.fixture
def wanted(person: User, shared_folder: Path, networks: Networks) -> WatchEntry:
    photo = next((shared_folder / "faces/ageitgey/lin_manuel_miranda").iterdir())
    return enroll(person, photo, networks)


# --- finding ----------------------------------------------------------------------------------


def test_face_that_passes_is_one_passing_with_its_best_shot(
    watched: Watched, stranger: Clip
) -> None:
    watched.play(stranger)

    [early, passing] = watched.passings  # once while the face is there, once when it is gone
    assert (early.is_over, passing.is_over) == (False, True)
    assert early.ended_at.timestamp() == pytest.approx(BEGAN_AT + 3, abs=1.0)
    assert passing.began_at.timestamp() == pytest.approx(BEGAN_AT, abs=1.0)
    assert passing.ended_at.timestamp() == pytest.approx(BEGAN_AT + 5, abs=1.0)
    assert passing.began_at <= passing.best_at <= passing.ended_at
    assert 40 < passing.eye_distance_px < 60  # 34 to 37 pixels of 480, in 640
    assert len(passing.templates) >= 2
    assert decode_jpeg(passing.picture).std() > 10
    assert passing.scene is not None
    assert decode_jpeg(passing.scene).shape[:2] == (360, 640)
    left, top, right, bottom = passing.box
    assert 0 <= left < right <= 1
    assert 0 <= top < bottom <= 1


def test_pictures_are_searched_at_most_twice_a_second(watched: Watched, stranger: Clip) -> None:
    watched.play(stranger)

    assert 5 <= watched.faces.tally.searches <= 11


def test_nothing_is_searched_while_nobody_is_seen(
    row: Camera, networks: Networks, stranger: Clip
) -> None:
    _finders, finder, recognizer = networks
    watched = watched_by(row, (Finders(), finder, recognizer))

    watched.play(stranger)

    assert watched.faces.tally.searches == 0
    assert watched.passings == []


def test_masked_faces_are_left_out(row: Camera, networks: Networks, stranger: Clip) -> None:
    upper = [[0, 0], [1, 0], [1, 0.9], [0, 0.9]]  # the person stands below it
    Region.objects.create(camera=row, shape="MASK", name="Окна", points=upper)
    watched = watched_by(row, networks)

    watched.play(stranger)

    assert watched.faces.tally.searches > 0
    assert watched.passings == []


def test_faces_are_drawn(watched: Watched, stranger: Clip) -> None:
    watched.play(stranger)

    labels = [{box.label for box in boxes} for boxes in watched.told.boxes]
    assert {"face"} <= set().union(*labels)


# --- the main stream --------------------------------------------------------------------------


def test_main_stream_serves_where_faces_are_small(
    row: Camera, networks: Networks, shared_folder: Path
) -> None:
    name = "face-demographics-walking.mp4"
    small = scaled(face_clip(shared_folder, name, 3), (320, 180))
    large = face_clip(shared_folder, name, 3)
    watched = watched_by(row, networks, has_main=True)

    watched.play(small, main=large)

    assert watched.faces.wants_main
    assert watched.passings
    assert max(passing.eye_distance_px for passing in watched.passings) > 12  # 6 in the small one


def test_main_stream_is_let_go_where_it_is_no_larger(
    row: Camera, networks: Networks, stranger: Clip
) -> None:
    watched = watched_by(row, networks, has_main=True)

    watched.play(stranger, main=stranger)

    assert not watched.faces.wants_main
    assert len(watched.gone) == 1


def scaled(clip: Clip, size: tuple[int, int]) -> Clip:
    """The clip again in another size, with a keyframe each second."""
    import av  # noqa: PLC0415 -- of this function only

    from analytics.engine.decoding import PacketDecoder  # noqa: PLC0415 -- see above

    initialization = next(live_entries(clip, began_at=0)).fragment.live_format
    assert initialization is not None
    decoder = PacketDecoder(initialization.initialization)
    memory = io.BytesIO()
    with av.open(memory, "w", format="mp4", options={"video_track_timescale": "90000"}) as output:
        stream = output.add_stream("libx264", rate=15)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        stream.options = {"bf": "0", "sc_threshold": "0"}
        for part in clip.packets:
            for frame in decoder.decode(part.data, part.pts, is_keyframe=part.is_keyframe):
                small = frame.reformat(*size)
                small.pts = None
                output.mux(stream.encode(small))
        output.mux(stream.encode(None))
    memory.seek(0)
    return read_clip(memory)


# --- rows -------------------------------------------------------------------------------------


def test_passing_becomes_a_row_encrypted_and_with_a_term(
    watched: Watched, person: User, stranger: Clip, settings: LazySettings
) -> None:
    switch_on(person, FaceSwitch.Name.DETECTION, FaceSwitch.Name.SEARCH)
    settings.FACE_RETENTION_HOURS = 5
    watched.play(stranger)

    write(watched.passings)

    encounter = FaceEncounter.objects.get()
    [passing] = watched.gone
    assert encounter.camera == watched.row
    assert abs(encounter.delete_after - now() - timedelta(hours=5)) < timedelta(minutes=1)
    with default_storage.open(encounter.picture) as file:
        sealed = file.read()
    assert passing.picture not in sealed
    assert face_templates.unseal(sealed) == passing.picture
    template = np.frombuffer(face_templates.unseal(bytes(encounter.template)), np.float32)
    assert np.linalg.norm(template) == pytest.approx(1, abs=1e-4)
    found = face_templates.find_similar(
        template=template,
        camera_ids=None,
        begin=encounter.began_at,
        end=encounter.ended_at,
        minimum_quality=0,
    )
    assert [number for number, _score in found] == [encounter.pk]


def test_same_footage_seen_again_writes_no_second_row(
    row: Camera, networks: Networks, person: User, stranger: Clip
) -> None:
    switch_on(person, FaceSwitch.Name.DETECTION)
    for _ in range(2):
        watched = watched_by(row, networks)
        watched.play(stranger)
        write(watched.passings)

    assert FaceEncounter.objects.count() == 1


def test_nothing_is_kept_while_the_switch_is_off(watched: Watched, stranger: Clip) -> None:
    watched.play(stranger)

    write(watched.passings)

    assert not FaceEncounter.objects.exists()


def test_nothing_comparable_is_kept_of_an_excluded_place(
    watched: Watched, person: User, stranger: Clip
) -> None:
    switch_on(person, FaceSwitch.Name.DETECTION, FaceSwitch.Name.SEARCH)
    watched.row.location.excludes_faces = True
    watched.row.location.save()
    watched.play(stranger)

    write(watched.passings)

    assert bytes(FaceEncounter.objects.get().template) == b""


def test_nothing_comparable_is_kept_while_nobody_may_compare(
    watched: Watched, person: User, stranger: Clip
) -> None:
    switch_on(person, FaceSwitch.Name.DETECTION)
    watched.play(stranger)

    write(watched.passings)

    encounter = FaceEncounter.objects.get()
    assert (bytes(encounter.template), encounter.recognizer) == (b"", "")
    assert encounter.picture


def test_face_is_not_described_while_nobody_may_compare(
    row: Camera, networks: Networks, stranger: Clip
) -> None:
    watched = watched_by(row, networks, compares=lambda: False)

    watched.play(stranger)

    [passing] = watched.gone
    assert (list(passing.templates), passing.recognizer) == ([], "")
    assert passing.picture


# --- the watch list ---------------------------------------------------------------------------


def test_wanted_person_is_one_alarm_with_both_pictures(
    watched: Watched, person: User, wanted: WatchEntry, actors: Clip
) -> None:
    switch_on(person, FaceSwitch.Name.DETECTION, FaceSwitch.Name.WATCH_LIST)
    watched.play(actors)

    write(watched.passings)

    hit = WatchHit.objects.get()
    assert hit.entry == wanted
    assert hit.score >= DEFAULT_THRESHOLD
    assert hit.encounter is not None
    after_s = hit.at.timestamp() - BEGAN_AT
    assert after_s <= 0.8 or 2.5 <= after_s <= 7.5  # when he is in the picture
    detection = hit.detection
    assert (detection.kind, detection.grade, detection.rule) == ("face", "ALARM", None)
    assert detection.facts["name"] == "Миранда Л."
    assert detection.ended_at is not None
    for path in (detection.picture, detection.second_picture):
        with default_storage.open(path) as file:
            assert decode_jpeg(file.read()).std() > 10
    alarm = Alarm.objects.get()
    assert alarm.detection == detection
    assert (alarm.priority, alarm.certainty) == (2, "POSSIBLE")


def test_stranger_is_no_alarm(
    watched: Watched, person: User, wanted: WatchEntry, stranger: Clip
) -> None:
    switch_on(person, FaceSwitch.Name.DETECTION, FaceSwitch.Name.WATCH_LIST)
    watched.play(stranger)

    write(watched.passings)

    assert FaceEncounter.objects.count() == 1
    assert not Detection.objects.exists()


def test_wanted_person_is_no_alarm_while_the_watch_list_is_off(
    watched: Watched, person: User, wanted: WatchEntry, actors: Clip
) -> None:
    switch_on(person, FaceSwitch.Name.DETECTION)
    watched.play(actors)

    write(watched.passings)

    assert FaceEncounter.objects.exists()
    assert not Detection.objects.exists()


def test_wanted_person_who_comes_back_later_is_another_alarm(
    row: Camera, networks: Networks, person: User, wanted: WatchEntry, actors: Clip
) -> None:
    switch_on(person, FaceSwitch.Name.DETECTION, FaceSwitch.Name.WATCH_LIST)
    for began_at in (BEGAN_AT, BEGAN_AT + 30, BEGAN_AT + 120):
        watched = watched_by(row, networks)
        watched.play(actors, began_at=began_at)
        write(watched.passings)

    hits = [hit.at.timestamp() - BEGAN_AT for hit in WatchHit.objects.order_by("at")]
    assert len(hits) == 2
    assert hits[1] > 120
