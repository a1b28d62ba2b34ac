"""A new signing key, tied to the old one: the heads of the chains are signed by both."""

from __future__ import annotations

import logging
from datetime import datetime

from archive.actions.proofs import key_ring, sign_heads

logger = logging.getLogger(__name__)


def rotate_key(*, at: datetime) -> tuple[str, str]:
    """Return the fingerprints of the old key and of the new one.

    The old key signs where the chains stand before it goes. The new one signs them again, with
    the hash of the old one's document in it, so that the order of the two is proved.

    Raises:
        BadKeyError: the key that signs now is damaged; it is not replaced.
    """
    ring = key_ring()
    old = ring.signer().fingerprint
    sign_heads(at=at)
    new = ring.rotate().fingerprint
    sign_heads(at=at, is_forced=True)
    logger.warning("the signing key was rotated: %s follows %s", new, old)
    return old, new
