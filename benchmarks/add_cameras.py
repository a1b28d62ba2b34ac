"""Make one camera per address given: python add_cameras.py URL..."""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ["DJANGO_SETTINGS_MODULE"] = "atomgrad_site.settings"


def main() -> None:
    import django  # noqa: PLC0415 -- reads the environment set above

    django.setup()
    from cameras.models import Camera, Location, Stream  # noqa: PLC0415 -- after setup

    place, _ = Location.objects.get_or_create(name="Benchmark")
    for number, url in enumerate(sys.argv[1:], start=1):
        camera = Camera.objects.create(location=place, number=number, name=f"camera {number}")
        Stream.objects.create(camera=camera, url=url)


if __name__ == "__main__":
    main()
