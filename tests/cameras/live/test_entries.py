from __future__ import annotations

import pytest

from cameras.engine.packets import AudioFormat
from cameras.engine.tap import LiveFormat, LiveFragment, LiveSound
from cameras.live.entries import entry_of, fields_of

pytestmark = pytest.mark.unit

H264 = LiveFormat("avc1.64001f", 1280, 720, b"init")
G711 = AudioFormat("pcm_mulaw", 8000, 1, b"", "ulaw")


def as_redis_returns(fields: dict[object, object]) -> dict[bytes, bytes]:
    return {
        str(name).encode(): value if isinstance(value, bytes) else str(value).encode()
        for name, value in fields.items()
    }


@pytest.mark.parametrize("live_format", [None, H264])
@pytest.mark.parametrize("sound", [None, LiveSound(G711, (b"one", b"", b"three" * 900))])
def test_fragment_is_read_as_it_was_written(
    live_format: LiveFormat | None, sound: LiveSound | None
) -> None:
    fragment = LiveFragment("run", 7, 1_700_000_000_000_000, 0, b"data", live_format, sound)

    entry = entry_of(b"1-1", as_redis_returns(fields_of(fragment)))

    assert entry.fragment == fragment
