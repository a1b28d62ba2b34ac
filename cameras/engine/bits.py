"""Reading bits and Exp-Golomb codes of H.264 and H.265 headers (ITU-T H.264, 9.1)."""

from __future__ import annotations


class BitsEndedError(ValueError):
    """The header is shorter than what it announces."""


def without_emulation_prevention(nal: bytes) -> bytes:
    """Return the raw payload: 00 00 03 becomes 00 00 (H.264, 7.4.1)."""
    if b"\0\0\3" not in nal:
        return nal
    payload = bytearray()
    zeros = 0
    for byte in nal:
        if zeros >= 2 and byte == 3:
            zeros = 0
            continue
        payload.append(byte)
        zeros = zeros + 1 if byte == 0 else 0
    return bytes(payload)


class BitReader:
    """Reads from the highest bit of the first byte on."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data, "big")
        self._left = len(data) * 8

    @property
    def bits_left(self) -> int:
        return self._left

    def bits(self, count: int) -> int:
        if count > self._left:
            raise BitsEndedError("header ends early")
        self._left -= count
        return self._value >> self._left & ((1 << count) - 1)

    def flag(self) -> bool:
        return self.bits(1) == 1

    def skip(self, count: int) -> None:
        self.bits(count)

    def unsigned(self) -> int:
        """ue(v)."""
        zeros = 0
        while not self.flag():
            zeros += 1
            if zeros > 32:
                raise BitsEndedError("no Exp-Golomb code")
        return (1 << zeros) - 1 + self.bits(zeros)

    def signed(self) -> int:
        """se(v)."""
        code = self.unsigned()
        return (code + 1) // 2 if code & 1 else -(code // 2)
