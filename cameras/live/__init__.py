"""Live pictures: from the recorder by way of Redis to the web. See docs/design/live.md.

`cameras.live.publisher` runs in the recorder's process, `cameras.live.reader` in the web's.
"""

from cameras.live.publisher import LivePublisher

__all__ = ["LivePublisher"]
