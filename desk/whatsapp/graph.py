"""Meta's Graph API as far as the desk uses it, with one question kept in view: did the send happen?"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

import httpx

from desk.channels.senders import SendLater, SendRefused, SendUncertain
from desk.connections import Transport
from desk.environment import WhatsAppSettings
from desk.whatsapp.errors import refusal_for
from desk.whatsapp.json_values import as_id, as_number, as_object, as_objects, as_text

log = logging.getLogger(__name__)

CONNECT_SECONDS, ANSWER_SECONDS = 5.0, 20.0
# Shorter than any server keeps a connection: a send on one that was just closed would be uncertain.
LIMITS = httpx.Limits(max_connections=20, keepalive_expiry=4.0)
NOTHING_WAS_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class MediaUnavailable(Exception):
    """A file that cannot be shown; the text says why, in words for staff."""


@dataclass(frozen=True)
class Media:
    content: bytes
    mime_type: str


class GraphClient:
    def __init__(self, settings: WhatsAppSettings, *, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._messages = f"/{settings.api_version}/{settings.phone_number_id}/messages"
        self._media = f"/{settings.api_version}/"
        self._http = httpx.AsyncClient(
            base_url=settings.graph_url,
            headers={"Authorization": f"Bearer {settings.access_token}"},
            timeout=httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
            transport=transport or Transport(limits=LIMITS),
            trust_env=False,
        )

    async def send(self, body: dict[str, Any]) -> str:
        """Send one message and return its wamid; raises SendLater, SendRefused or SendUncertain."""
        answer = await self._post(body)
        messages = as_objects(answer.get("messages"))
        wamid = as_id(messages[0].get("id")) if messages else ""
        if not wamid:
            raise SendUncertain("WhatsApp took the message but named no id for it")
        return wamid

    async def mark_read(self, wamid: str, *, typing: bool) -> None:
        """Give the patient's message its blue ticks, and show that an answer is coming."""
        body: dict[str, Any] = {"messaging_product": "whatsapp", "status": "read", "message_id": wamid}
        if typing:
            body["typing_indicator"] = {"type": "text"}
        await self._post(body)

    async def media(self, media_id: str, *, largest: int) -> Media:
        """Fetch a patient's file of at most `largest` bytes; raises MediaUnavailable."""
        try:
            response = await self._http.get(self._media + media_id)
            described = _json(response)
            url = as_text(described.get("url"))
            if response.status_code != 200 or not url:
                raise MediaUnavailable("WhatsApp no longer has this file")
            if (as_number(described.get("file_size")) or 0) > largest:
                raise MediaUnavailable("this file is too large")
            content = await self._download(url, largest)
        except httpx.HTTPError as error:
            raise MediaUnavailable("WhatsApp does not answer now: try again later") from error
        return Media(content, as_text(described.get("mime_type")))

    async def close(self) -> None:
        await self._http.aclose()

    async def _download(self, url: str, largest: int) -> bytes:
        async with self._http.stream("GET", url) as response:
            if response.status_code != 200:
                raise MediaUnavailable("WhatsApp no longer has this file")
            content = bytearray()
            async for chunk in response.aiter_bytes():
                content += chunk
                if len(content) > largest:
                    raise MediaUnavailable("this file is too large")
        return bytes(content)

    async def _post(self, body: dict[str, Any]) -> dict[str, Any]:
        try:
            response = await self._http.post(self._messages, json=body)
        except NOTHING_WAS_SENT as error:
            raise SendLater(f"WhatsApp cannot be reached ({type(error).__name__})") from error
        except httpx.HTTPError as error:
            raise SendUncertain(f"WhatsApp's answer was lost ({type(error).__name__})") from error
        answer = _json(response)
        if response.status_code == 200 and "error" not in answer:
            return answer
        raise _error_in(response, answer)


def _error_in(response: httpx.Response, answer: dict[str, Any]) -> SendLater | SendRefused | SendUncertain:
    """Meta's own error says that nothing was sent; a bare 5xx of something in between says nothing."""
    error = as_object(answer.get("error"))
    code = as_number(error.get("code"))
    if code is not None:
        details = as_text(as_object(error.get("error_data")).get("details")) or as_text(error.get("message"))
        return refusal_for(code, details[:150])
    if response.status_code == 429:
        return SendLater("WhatsApp asks to wait", retry_after=as_number(response.headers.get("Retry-After")))
    if response.status_code >= 500 or response.status_code == 200:
        return SendUncertain(f"WhatsApp's answer was lost (HTTP {response.status_code})")
    return SendRefused(f"WhatsApp refused this message (HTTP {response.status_code})")


def _json(response: httpx.Response) -> dict[str, Any]:
    try:
        return as_object(response.json())
    except (ValueError, RecursionError):
        return {}
