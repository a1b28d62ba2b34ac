"""Who listens to which device. Leases and tokens are those of recording: archive.actions.leases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F

from archive.actions.leases import LEASE_TERM, Holder, is_free
from incidents.models import OnvifDevice

State = OnvifDevice.State


@dataclass(frozen=True, slots=True)
class DeviceLease:
    device_id: int
    token: int
    revision: int


def take_free_devices(*, holder: Holder, at: datetime, most: int) -> list[DeviceLease]:
    """Take the devices to which nobody listens; several processes may ask at once."""
    wanted = OnvifDevice.objects.filter(is_active=True, camera__is_enabled=True)
    free = [device for device in wanted if is_free(device, at, frozenset())]
    leases = []
    for device in free[: max(0, most)]:
        changed = OnvifDevice.objects.filter(pk=device.pk, token=device.token).update(
            token=F("token") + 1,
            holder=holder.name,
            node=holder.node,
            process_id=holder.process_id,
            process_started=holder.process_started,
            expires_at=at + LEASE_TERM,
        )
        if changed:
            leases.append(DeviceLease(device.pk, device.token + 1, device.revision))
    return leases


def renew_devices(
    *, holder: Holder, tokens: Mapping[int, int], at: datetime
) -> dict[int, DeviceLease]:
    """Renew the leases of the holder; return those that are still wanted."""
    held = OnvifDevice.objects.filter(
        process_id=holder.process_id,
        process_started=holder.process_started,
        node=holder.node,
        pk__in=tokens,
    )
    held.update(expires_at=at + LEASE_TERM)
    wanted = held.filter(is_active=True, camera__is_enabled=True)
    return {
        device.pk: DeviceLease(device.pk, device.token, device.revision)
        for device in wanted
        if device.token == tokens[device.pk]
    }


def release_devices(*, tokens: Mapping[int, int]) -> int:
    """Let devices go; those that were lost before are left alone."""
    return sum(
        OnvifDevice.objects.filter(pk=pk, token=token).update(
            holder="", process_id=None, process_started=None, expires_at=None
        )
        for pk, token in tokens.items()
    )


def report_state(
    *,
    lease: DeviceLease,
    state: State,
    at: datetime,
    detail: str = "",
    clock_offset_s: float | None = None,
) -> bool:
    """Write how a device does; False: somebody else listens to it now."""
    held = OnvifDevice.objects.filter(pk=lease.device_id, token=lease.token)
    values: dict[str, object] = {"detail": detail[:300]}
    if clock_offset_s is not None:
        values["clock_offset_s"] = clock_offset_s
    changed = held.exclude(state=state).update(state=state, changed_at=at, **values)
    return bool(changed or held.update(**values))
