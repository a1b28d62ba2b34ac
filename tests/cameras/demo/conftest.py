"""One short clip and one small renderer, made once for the tests of the demo town."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from cameras.demo.clips import ClipFolder, build_renderer, render_camera
from cameras.demo.frames import FrameRenderer
from cameras.demo.render import camera_by_number

SHORT_SECONDS, SHORT_FPS = 4.0, 12
SHORT_CAMERA = 8

RendererOf = Callable[..., FrameRenderer]


@pytest.fixture(scope="session")
def short_clips(tmp_path_factory: pytest.TempPathFactory) -> ClipFolder:
    """The first seconds of one camera, main and sub."""
    folder: Path = tmp_path_factory.mktemp("demo")
    clips = ClipFolder(folder, SHORT_SECONDS, SHORT_FPS)
    render_camera(*camera_by_number(SHORT_CAMERA), clips)
    return clips


@pytest.fixture(scope="session")
def renderer_of() -> RendererOf:
    """Return renderers of a camera at half the size, without shadows, each built once."""
    built: dict[int, FrameRenderer] = {}

    def build(number: int, *, fresh: bool = False) -> FrameRenderer:
        if number not in built or fresh:
            location, camera = camera_by_number(number)
            small = replace(camera, optics=camera.optics.scaled(0.5))
            renderer = build_renderer(location, small, location.mood)
            built[number] = FrameRenderer(
                renderer.stage, renderer.story, renderer.dark_stages, shadows=False
            )
        return built[number]

    return build
