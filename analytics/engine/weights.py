"""The networks' files: which they are, by hash; whose they are; and how to open them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from analytics.engine.analyzer import Finders
from analytics.engine.faces.detection import YuNetFinder
from analytics.engine.faces.face import FaceFinder, Recognizer
from analytics.engine.faces.recognition import RetailRecognizer, SFaceRecognizer
from analytics.engine.networks import NetworkError, read_pinned
from analytics.engine.objects import YoloxFinder
from analytics.engine.poses import MediaPipePoseFinder
from analytics.engine.relink import RetailLooksFinder
from analytics.engine.violence_model import FightModel, ModelError, load_model


@dataclass(frozen=True)
class Weights:
    name: str
    """Short, as detectors name what they need."""
    file_name: str
    sha256: str
    size_bytes: int
    licence: str
    origin: str
    """Who made it, for the page that shows licences."""
    url: str = ""
    """Where the publisher keeps it; empty: only a mirror or a folder has it."""


OBJECTS = Weights(
    name="objects",
    file_name="yolox_nano_416x416.onnx",
    sha256="695e750a5d5754bb5a8d5325643b59282191a7e7a564e435a415fd3c578eab14",
    size_bytes=3_660_092,
    licence="Apache-2.0",
    origin="YOLOX, Megvii",
)
POSES = Weights(
    name="poses",
    file_name="mediapipe_pose_detection.onnx",
    sha256="da3b5a56d7a821578accabadc86c7d4c07b00bb85ef9e08709590cd153828fc1",
    size_bytes=11_876_102,
    licence="Apache-2.0",
    origin="MediaPipe, Google; converted from pose_detection.tflite",
)
LOOKS = Weights(
    name="looks",
    file_name="person-reidentification-retail-0287.onnx",
    sha256="f35a22885b93aa0c249d665b4cf5510d08ded92f814694c3c2fec0112b0d3a56",
    size_bytes=2_454_677,
    licence="Apache-2.0",
    origin="Open Model Zoo, Intel",
    url=(
        "https://raw.githubusercontent.com/Kazuhito00/MOT-Tracking-by-Detection-Pipeline/"
        "181787ca9b232eaf4a7327deb2e93d8fc8e1885c/Tracker/person_reid/model/"
        "person-reidentification-retail-0287.onnx"
    ),
)
FACES = Weights(
    name="faces",
    file_name="face_detection_yunet_2023mar.onnx",
    sha256="8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4",
    size_bytes=232_589,
    licence="MIT",
    origin="YuNet, OpenCV Zoo",
)
RECOGNITION = Weights(
    name="recognition",
    file_name="face-reidentification-retail-0095.onnx",
    sha256="4dad16f299999147001e76321a6e84ac060cb6e64ed96c65218479d7ca84dc15",
    size_bytes=4_444_405,
    licence="Apache-2.0",
    origin="Open Model Zoo, Intel; converted from face-reidentification-retail-0095.xml",
)
SFACE = Weights(
    name="sface",
    file_name="face_recognition_sface_2021dec.onnx",
    sha256="0ba9fbfa01b5270c96627c4ef784da859931e02f04419c829e83484087c34e79",
    size_bytes=38_696_353,
    licence="Apache-2.0",
    origin="SFace, OpenCV Zoo",
    url=(
        "https://media.githubusercontent.com/media/opencv/opencv_zoo/"
        "edef535367a4f8053b5bfb7580935c83772a9639/models/face_recognition_sface/"
        "face_recognition_sface_2021dec.onnx"
    ),
)
RECOGNIZERS: dict[str, tuple[Weights, Callable[[bytes], Recognizer]]] = {
    RetailRecognizer.name: (RECOGNITION, RetailRecognizer),
    SFaceRecognizer.name: (SFACE, SFaceRecognizer),
}
"""By the names that ATOMGRAD_FACE_RECOGNIZER knows; a new one is added here."""
ALL = (OBJECTS, POSES, LOOKS, FACES, RECOGNITION)
OPTIONAL = (SFACE,)
"""Fetched by name only: a setting asks for them."""
FIGHT_MODEL_FILE = "fight.json"
"""Written by `manage.py train_fight`, so it has no pinned hash."""


def open_finders(folder: Path) -> tuple[Finders, dict[str, str]]:
    """Open what is there; return the finders, and by name why each of the others is not.

    The texts are English sentences for the Health page and the log.
    """
    missing: dict[str, str] = {}

    def content(weights: Weights) -> bytes | None:
        try:
            return read_pinned(folder / weights.file_name, weights.sha256)
        except NetworkError as error:
            missing[weights.name] = str(error)
            return None

    objects, poses, looks = content(OBJECTS), content(POSES), content(LOOKS)
    finders = Finders(
        objects=YoloxFinder(objects) if objects else None,
        poses=MediaPipePoseFinder(poses) if poses else None,
        looks=RetailLooksFinder(looks) if looks else None,
        fight_model=_own_fight_model(folder, missing),
    )
    return finders, missing


def open_faces(
    folder: Path, recognizer_name: str = RetailRecognizer.name
) -> tuple[FaceFinder | None, Recognizer | None, dict[str, str]]:
    """Open the networks for faces; return by name why either is not there.

    Args:
        recognizer_name: of RECOGNIZERS, or `module:function` that makes one from the folder.

    """
    missing: dict[str, str] = {}
    finder: FaceFinder | None = None
    recognizer: Recognizer | None = None
    try:
        finder = YuNetFinder(read_pinned(folder / FACES.file_name, FACES.sha256))
    except NetworkError as error:
        missing[FACES.name] = str(error)
    try:
        recognizer = _open_recognizer(folder, recognizer_name)
    except NetworkError as error:
        missing[recognizer_weights(recognizer_name).name] = str(error)
    return finder, recognizer, missing


def recognizer_weights(name: str) -> Weights:
    """Return the file that a recognizer needs; for one of another module only its name is known."""
    if name in RECOGNIZERS:
        return RECOGNIZERS[name][0]
    return Weights(name, name, sha256="", size_bytes=0, licence="", origin="")


def _open_recognizer(folder: Path, name: str) -> Recognizer:
    """Raises NetworkError."""
    if name in RECOGNIZERS:
        weights, make = RECOGNIZERS[name]
        return make(read_pinned(folder / weights.file_name, weights.sha256))
    module, _, function = name.partition(":")
    try:
        recognizer: Recognizer = getattr(import_module(module), function)(folder)
    except (ImportError, AttributeError, ValueError, OSError) as error:
        msg = f"there is no recognizer {name}: {error}"
        raise NetworkError(msg) from error
    return recognizer


def _own_fight_model(folder: Path, missing: dict[str, str]) -> FightModel | None:
    """Open what `manage.py train_fight` wrote; the model in the code serves where it is not."""
    path = folder / FIGHT_MODEL_FILE
    if not path.exists():
        return None
    try:
        return load_model(path)
    except ModelError as error:
        missing["fight_model"] = str(error)
        return None
