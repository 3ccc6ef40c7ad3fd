"""Two halves of the training texts that hold still: one text more moves no other from its half."""

from __future__ import annotations

from zlib import crc32


def half_of(text: str) -> int:
    """0 or 1, by the text alone."""
    return crc32(text.encode("utf-8", "surrogatepass")) & 1
