"""Files that the simulated patients send: a drawn photo, and the smallest honest file of each other type."""

from __future__ import annotations

import hashlib
import struct
import zlib
from dataclasses import dataclass


@dataclass(frozen=True)
class MediaFile:
    content: bytes
    mime_type: str
    filename: str = ""

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def photo(width: int = 320, height: int = 220) -> bytes:
    """A PNG of soft hills at dusk."""
    rows = bytearray()
    for y in range(height):
        rows.append(0)
        for x in range(width):
            hill = height * 0.62 + 18 * ((x / width - 0.3) ** 2 * 4 - 0.5)
            rows += bytes((96, 138 + y // 8, 118)) if y > hill else bytes((236 - y // 3, 214 - y // 4, 190 - y // 6))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(rows), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, content) for name, content in chunks)


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def _pdf() -> bytes:
    return b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Count 0/Kids[]>>endobj\n%%EOF\n"


def samples() -> dict[str, MediaFile]:
    """One file per type of message."""
    return {
        "image": MediaFile(photo(), "image/png"),
        "sticker": MediaFile(
            b"RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00/\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07\x00",
            "image/webp",
        ),
        "audio": MediaFile(b"OggS\x00\x02" + bytes(20) + b"OpusHead", "audio/ogg; codecs=opus"),
        "video": MediaFile(b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom", "video/mp4"),
        "document": MediaFile(_pdf(), "application/pdf", "report.pdf"),
    }
