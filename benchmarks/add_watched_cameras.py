"""Make a camera per address, each with every detector that needs no drawing.

    python add_watched_cameras.py [--searched] [--faces] [--main] URL...

--searched: their rules stand, but nobody watches them live.
--faces: the switch of finding faces is on.
--compared: that of searching by a face, too: each face that passes is described in numbers.
--main: addresses come in pairs, sub stream and main stream.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ["DJANGO_SETTINGS_MODULE"] = "atomgrad_site.settings"


def main() -> None:
    import django  # noqa: PLC0415 -- reads the environment set above

    django.setup()
    from analytics.engine.catalog import Place  # noqa: PLC0415 -- after setup
    from analytics.engine.detectors import entries  # noqa: PLC0415 -- after setup
    from analytics.models import Watch, WatchRule  # noqa: PLC0415 -- after setup
    from cameras.models import Camera, Location, Stream  # noqa: PLC0415 -- after setup

    urls = [argument for argument in sys.argv[1:] if not argument.startswith("--")]
    mains = urls[1::2] if "--main" in sys.argv else []
    urls = urls[::2] if mains else urls
    place, _ = Location.objects.get_or_create(name="Benchmark")
    for number, url in enumerate(urls, start=1):
        camera = Camera.objects.create(location=place, number=number, name=f"camera {number}")
        Stream.objects.create(camera=camera, url=url, role=Stream.Role.SUB)
        if mains:
            Stream.objects.create(camera=camera, url=mains[number - 1], role=Stream.Role.MAIN)
        Watch.objects.create(camera=camera, is_enabled="--searched" not in sys.argv)
        for kind, entry in entries().items():
            if entry.place is Place.PICTURE or entry.zone_is_optional:
                WatchRule.objects.create(camera=camera, kind=kind, grade=entry.grade)
    switches = {"--faces": "DETECTION", "--compared": "SEARCH"}
    for name in (switches[flag] for flag in switches if flag in sys.argv):
        switch_on(name)


def switch_on(name: str) -> None:
    from django.contrib.auth.models import User  # noqa: PLC0415 -- after setup
    from django.utils.timezone import now  # noqa: PLC0415 -- after setup

    from analytics.models import FaceSwitch  # noqa: PLC0415 -- after setup

    person, _ = User.objects.get_or_create(username="benchmark")
    FaceSwitch.objects.create(
        name=FaceSwitch.Name(name),
        asked_by=person,
        asked_at=now(),
        confirmed_by=person,
        confirmed_at=now(),
    )


if __name__ == "__main__":
    main()
