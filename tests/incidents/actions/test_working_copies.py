"""Working copies: the time in the picture, faces covered on demand; packages never wait."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from django.conf import settings
from django.contrib.auth.models import User

from archive.actions.proofs import key_ring
from archive.engine.package_check import check_package
from incidents.actions import package_making, working_copies
from incidents.actions.packages import PackageRefusedError
from incidents.models import Package, WorkingCopy
from tests.archive.factories import read_counter
from tests.incidents.packages import BEGIN, END, LATER, fetch, make_package, make_place

pytestmark = [pytest.mark.media, pytest.mark.django_db(transaction=True)]


def test_copy_has_the_time_in_each_frame_and_goes_into_the_next_package(
    dispatcher: User, data_dir: Path, tmp_path: Path
) -> None:
    incident, _rows = make_place(dispatcher, cameras=1)
    early = make_package(incident, dispatcher)
    (copy,) = working_copies.request_working_copies(
        incident=incident,
        actor=dispatcher,
        at=LATER,
        started_at=BEGIN,
        ended_at=END,
        hides_faces=False,
    )
    package_making.lay_out_package(package_id=early.pk)
    early.refresh_from_db()
    assert early.state == Package.State.READY  # with the copy still to be made
    assert not early.members.filter(role="copy").exists()

    working_copies.make_working_copy(copy_id=copy.pk)
    copy.refresh_from_db()
    assert (copy.state, copy.error) == (WorkingCopy.State.DONE, "")
    with av.open(str(settings.EXPORT_DIR / copy.path)) as film:
        frames = [
            np.asarray(frame.to_ndarray(format="gray"), np.uint8) for frame in film.decode(video=0)
        ]
    assert len(frames) == 250
    # The band lies over what the test camera writes there: the counter can not be read.
    assert read_counter(frames[100]) != 125

    package = make_package(incident, dispatcher)
    package_making.lay_out_package(package_id=package.pk)
    path = tmp_path / "package.zip"
    path.write_bytes(fetch(package))
    work = tmp_path / "work"
    work.mkdir()
    report = check_package(path, trusted_keys=key_ring().fingerprints(), work=work)
    assert (report.is_intact, report.unsigned) == (True, [])
    assert package.members.get(role="copy").sha256 == copy.sha256


def test_range_of_the_future_has_no_copy(dispatcher: User, data_dir: Path) -> None:
    incident, _rows = make_place(dispatcher, cameras=1)
    with pytest.raises(PackageRefusedError):
        working_copies.request_working_copies(
            incident=incident, actor=dispatcher, at=BEGIN, started_at=BEGIN, ended_at=END
        )


def test_copies_are_for_the_desk(police: User, dispatcher: User, data_dir: Path) -> None:
    incident, _rows = make_place(dispatcher, cameras=1)
    with pytest.raises(PackageRefusedError):
        working_copies.request_working_copies(
            incident=incident, actor=police, at=LATER, started_at=BEGIN, ended_at=END
        )
    assert not WorkingCopy.objects.exists()
