"""A volume, a finisher, and a recorder that is driven packet by packet."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from archive.engine.finisher import Finisher
from archive.engine.manifest import Manifest, read_manifest
from archive.engine.recorder import StreamRecorder
from archive.engine.runs import RecordedStream, RecorderLimits
from archive.engine.volume import VolumeFolder, open_volume
from cameras.engine.packets import Packet
from tests.archive.feed import Clip, numbers_in

STREAM = RecordedStream(stream_id=1, camera_number=7, role="MAIN")


@dataclass
class Rig:
    volume: VolumeFolder
    finisher: Finisher
    paths: list[Path] = field(default_factory=list)

    def recorder(self, **options: Any) -> StreamRecorder:
        limits = RecorderLimits(**{"segment_seconds": 2.0, **options.pop("limits", {})})
        return StreamRecorder(
            stream=STREAM, volume=self.volume, finisher=self.finisher, limits=limits, **options
        )

    def manifests(self) -> list[Manifest]:
        """In the order of their start."""
        found = [read_manifest(path) for path in self.paths]
        return sorted(found, key=lambda manifest: manifest.opening.started_us)

    def numbers(self) -> list[list[int]]:
        """The numbers in the pictures of each file."""
        return [numbers_in(self.volume.path / item.opening.path) for item in self.manifests()]


@pytest.fixture
def make_rig() -> Iterator[Callable[[Path], Rig]]:
    rigs: list[Rig] = []

    def make(folder: Path) -> Rig:
        volume = open_volume(folder, expected=None)
        paths: list[Path] = []
        rigs.append(Rig(volume, Finisher(volume=volume, on_finished=paths.append), paths))
        rigs[-1].finisher.start()
        return rigs[-1]

    yield make
    for rig in rigs:
        rig.finisher.stop()


@pytest.fixture
def rig(tmp_path: Path, make_rig: Callable[[Path], Rig]) -> Rig:
    return make_rig(tmp_path / "volume")


def feed(recorder: StreamRecorder, packets: Iterable[Packet], *, drain_every: int = 8) -> None:
    for count, packet in enumerate(packets, start=1):
        recorder.packet(packet)
        if count % drain_every == 0:
            recorder.drain()
    recorder.drain()


def finish(recorder: StreamRecorder) -> None:
    recorder.stop()
    recorder.drain()
    assert recorder.is_finished.wait(5)


def record(recorder: StreamRecorder, clip: Clip) -> None:
    """Record the clip as one run and finish."""
    recorder.connecting()
    recorder.started(clip.stream_format)
    feed(recorder, clip.packets)
    finish(recorder)
