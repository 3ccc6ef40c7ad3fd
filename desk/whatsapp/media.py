"""Patients' files as staff may open them: fetched on demand, size and type checked, never run by the browser."""

from __future__ import annotations

import re
from dataclasses import dataclass

from asgiref.sync import async_to_sync
from django.conf import settings

from desk.conversations.models import Kind, Message
from desk.environment import WhatsAppSettings
from desk.whatsapp.graph import GraphClient, Media, MediaUnavailable

MEGABYTE = 1024 * 1024
LARGEST = {Kind.IMAGE: 16 * MEGABYTE, Kind.STICKER: 4 * MEGABYTE, Kind.AUDIO: 16 * MEGABYTE, Kind.VIDEO: 16 * MEGABYTE}
LARGEST_DOCUMENT = 100 * MEGABYTE
UNKNOWN_TYPE = "application/octet-stream"
# Pictures that browsers draw and never run, by the bytes that they start with.
_PICTURES = (
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg", ".jpg"),
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png", ".png"),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), "image/webp", ".webp"),
    (re.compile(rb"GIF8[79]a"), "image/gif", ".gif"),
)
_PLAYED = {
    "audio/ogg": ".ogg",
    "audio/mpeg": ".mp3",
    "audio/mp4": ".m4a",
    "audio/aac": ".aac",
    "audio/amr": ".amr",
    "video/mp4": ".mp4",
    "video/3gpp": ".3gp",
    "application/pdf": ".pdf",
}
_MEDIA_ID = re.compile(r"[A-Za-z0-9_-]{1,200}")
_UNSAFE_IN_NAME = re.compile(r"[^\w .()-]")


@dataclass(frozen=True)
class File:
    content: bytes
    content_type: str
    name: str


def media_id_of(message: Message) -> str:
    """The id of a message's file at WhatsApp; empty when it has none."""
    found = str((message.attachment or {}).get("media_id", ""))
    return found if _MEDIA_ID.fullmatch(found) else ""


def file_of(message: Message) -> File:
    """Fetch a message's file; raises MediaUnavailable."""
    media_id, whatsapp = media_id_of(message), settings.WHATSAPP
    if not media_id or whatsapp is None:
        raise MediaUnavailable("this message has no file")
    media = async_to_sync(_fetch)(whatsapp, media_id, LARGEST.get(Kind(message.kind), LARGEST_DOCUMENT))
    return checked(media, str((message.attachment or {}).get("filename", "")), message.kind)


def checked(media: Media, name: str, kind: str) -> File:
    """Name the type that the bytes show; what a browser might run is no known type."""
    content_type, ending = _type_of(media, kind)
    safe = _UNSAFE_IN_NAME.sub("_", name).strip(" .")[:100]
    return File(media.content, content_type, safe or f"{kind}{ending}")


async def _fetch(whatsapp: WhatsAppSettings, media_id: str, largest: int) -> Media:
    graph = GraphClient(whatsapp)
    try:
        return await graph.media(media_id, largest=largest)
    finally:
        await graph.close()


def _type_of(media: Media, kind: str) -> tuple[str, str]:
    for start, content_type, ending in _PICTURES:
        if start.match(media.content):
            return content_type, ending
    declared = media.mime_type.partition(";")[0].strip().lower()
    if kind in (Kind.AUDIO, Kind.VIDEO, Kind.DOCUMENT) and declared in _PLAYED:
        return declared, _PLAYED[declared]
    return UNKNOWN_TYPE, ""
