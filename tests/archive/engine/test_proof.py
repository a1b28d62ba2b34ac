"""The Django-free half: keys, parts, pictures with proof, and what a check says."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import pytest

from archive.engine.proof import (
    CHAIN_START,
    Link,
    Signer,
    WrongSignatureError,
    chain_value,
    extend_chain,
    read_signature,
)
from archive.engine.proof_check import Proof, check_file
from archive.engine.proof_jpeg import embed_proof, extract_proof, mark_picture, picture_identity
from archive.engine.proof_keys import BadKeyError, KeyRing
from archive.engine.proof_parts import Part, PartHasher, PartPlan, even_parts
from archive.engine.verify import main

pytestmark = pytest.mark.unit

EXPORT = "6f6f0f9c-3b0e-4f6a-9a0e-0123456789ab"
JPEG = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xda" + bytes(range(200)) * 20 + b"\xff\xd9"


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    return KeyRing(tmp_path / "keys").signer()


def proof_of(data: bytes, signer: Signer, *, export: str = EXPORT) -> Proof:
    manifest = {
        "export": {"id": export, "kind": "JPG"},
        "file": {
            "size_bytes": len(data),
            "sha256": even_parts(data, len(data))[0].sha256,
            "parts": [part.as_json() for part in even_parts(data, 512)],
        },
    }
    content = json.dumps(manifest).encode()
    return Proof(content, signer.sign_manifest(content, subject=export, signed_at="now"))


def test_key_is_made_once_and_read_by_its_owner_only(tmp_path: Path) -> None:
    first, second = KeyRing(tmp_path / "k").signer(), KeyRing(tmp_path / "k").signer()

    assert first.fingerprint == second.fingerprint
    assert (tmp_path / "k" / "signing_key.pem").stat().st_mode & 0o777 == 0o600


def test_rotated_key_stays_known(tmp_path: Path) -> None:
    ring = KeyRing(tmp_path)
    old = ring.signer()

    new = ring.rotate()

    assert new.fingerprint != old.fingerprint
    assert ring.fingerprints() == {old.fingerprint, new.fingerprint}


def test_damaged_key_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "signing_key.pem").write_text("no key")

    with pytest.raises(BadKeyError):
        KeyRing(tmp_path).signer()

    assert (tmp_path / "signing_key.pem").read_text() == "no key"


def test_chain_depends_on_all_that_is_in_it() -> None:
    link = Link("7/MAIN", "ab" * 32, 1, 2)
    others = [
        Link("8/MAIN", "ab" * 32, 1, 2),
        Link("7/MAIN", "ac" * 32, 1, 2),
        Link("7/MAIN", "ab" * 32, 0, 2),
        Link("7/MAIN", "ab" * 32, 1, 3),
    ]

    values = {chain_value(CHAIN_START, item) for item in (link, *others)}

    assert len(values) == 5
    assert extend_chain(CHAIN_START, [link, link]) != extend_chain(CHAIN_START, [link])


def test_signature_of_heads_is_none_of_a_manifest(signer: Signer) -> None:
    signature = read_signature(signer.sign_heads(b"{}", signed_at="now"))

    signature.check_heads()
    with pytest.raises(WrongSignatureError):
        signature.check_manifest()


@pytest.mark.parametrize("piece", [1, 3, 100])
def test_parts_do_not_depend_on_the_pieces(piece: int) -> None:
    data = bytes(range(100))
    plans = [PartPlan(0), PartPlan(10, 5, 4), PartPlan(60, 9, 40)]
    hasher = PartHasher(plans, 100)

    for start in range(0, 100, piece):
        hasher.update(data[start : start + piece])

    def sha(low: int, high: int) -> str:
        return even_parts(data[low:high], 100)[0].sha256

    assert hasher.parts == [
        Part(0, 10, sha(0, 10)),
        Part(10, 50, sha(10, 60), 5, 4, sha(10, 14)),
        Part(60, 40, sha(60, 100), 9, 40, sha(60, 100)),
    ]


def test_picture_gives_back_its_proof_and_itself() -> None:
    marked = mark_picture(JPEG, UUID(EXPORT))
    proof = b"x" * 150_000  # of three segments

    data = embed_proof(marked, manifest=proof, signature=b"y")

    picture, inner = extract_proof(data)
    assert picture == marked
    assert picture_identity(data) == EXPORT
    assert json.loads(inner or b"") == {"manifest": proof.decode(), "signature": "y"}


def test_each_manipulation_of_a_picture_is_named(tmp_path: Path, signer: Signer) -> None:
    marked = mark_picture(JPEG, UUID(EXPORT))
    proof = proof_of(marked, signer)
    path = tmp_path / "a.jpg"

    def codes(data: bytes, proof: Proof | None = proof) -> list[str]:
        path.write_bytes(data)
        return check_file(path, proof, trusted_keys={signer.fingerprint}).codes

    changed = bytearray(marked)
    changed[1500] ^= 1
    foreign = proof_of(marked, KeyRing(tmp_path / "foreign").signer())
    other = proof_of(b"\xff\xd8 other", signer, export="other")
    edited = Proof(proof.manifest.replace(b"JPG", b"JPEG"), proof.signature)
    assert codes(marked) == []
    assert codes(bytes(changed)) == ["changed"]
    assert codes(marked[:1500] + marked[1510:]) == ["cut"]
    assert codes(marked + b"x") == ["trailing"]
    assert codes(JPEG[:300]) == ["rewritten"]
    assert codes(marked, foreign) == ["foreign_key"]
    assert codes(marked, edited) == ["manifest_changed"]
    assert codes(marked, Proof(other.manifest, proof.signature)) == ["manifest_swapped"]
    assert codes(marked, other) == ["manifest_swapped"]
    assert codes(marked, Proof(proof.manifest, b"{}")) == ["proof_damaged"]
    assert codes(marked, None) == ["proof_missing"]


def test_change_is_told_with_its_place(tmp_path: Path, signer: Signer) -> None:
    data = bytearray(JPEG)
    proof = proof_of(JPEG, signer)
    data[1500] ^= 1
    (tmp_path / "a.jpg").write_bytes(data)

    (finding,) = check_file(tmp_path / "a.jpg", proof, trusted_keys=()).findings

    assert finding.detail == {"from_byte": 1024, "to_byte": 1536}


def test_command_needs_nothing_of_the_portal(tmp_path: Path, signer: Signer) -> None:
    proof = proof_of(JPEG, signer)
    path = tmp_path / "a.jpg"
    path.write_bytes(JPEG)
    (tmp_path / "manifest.json").write_bytes(proof.manifest)
    (tmp_path / "manifest.sig").write_bytes(proof.signature)
    script = (
        "import sys; from archive.engine.verify import main; code = main(sys.argv[1:]);"
        "assert not {'django', 'numpy', 'av'} & set(sys.modules); raise SystemExit(code)"
    )

    answer = subprocess.run(
        [sys.executable, "-c", script, str(path), "--key", signer.fingerprint],
        check=False,
        capture_output=True,
        text=True,
    )

    assert (answer.returncode, answer.stderr) == (0, "")
    assert "intact" in answer.stdout
    assert main([str(path)]) == 2  # nobody said whose key it should be
    path.write_bytes(JPEG + b"x")
    assert main([str(path), "--key", signer.fingerprint]) == 1
