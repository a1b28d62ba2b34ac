"""What analysis adds to a passport of a camera in a manifest: the scale of the ground."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from analytics.models import Region
from archive.signals import passport_leaving
from cameras.models import Camera


@receiver(passport_leaving)
def ground_scale_of(camera: Camera, **_: Any) -> dict[str, Any] | None:
    """Return the stretches that were measured on the ground, as they stand now; None: none were."""
    stretches = camera.regions.filter(shape=Region.Shape.SCALE)
    marks = [_mark(region) for region in stretches]
    return {"ground_scale": marks} if marks else None


def _mark(region: Region) -> dict[str, Any]:
    """Say a stretch in shares of the picture, so that it holds for each size of it."""
    from archive.actions.export_manifest import moment_text  # noqa: PLC0415 -- brings media along

    return {
        "name": region.name,
        "points": region.points,
        "length_m": region.length_m,
        "measured_at": moment_text(region.changed_at) if region.changed_at else None,
    }
