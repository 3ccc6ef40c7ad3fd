"""What patients do on their phones, and how WhatsApp tells the business about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.media import MediaFile
from simulator.phones import Bubble, Phone, new_phone, new_user_id, new_wamid
from simulator.webhooks import Json, message_value, number_change_value

if TYPE_CHECKING:
    from simulator.cloud import Cloud

MEDIA = ("image", "audio", "video", "document", "sticker")


class NoSuchThing(ValueError):
    """The page asked for something that is not there."""


class Patients:
    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def add(self, name: str, *, shares_number: bool = True) -> Phone:
        phone = new_phone(len(self._cloud.phones) + 1, name, shares_number=shares_number)
        self._cloud.phones[phone.id] = phone
        self._cloud.changed()
        return phone

    def write(self, phone: Phone, text: str) -> Bubble:
        return self._say(phone, Bubble("", True, "text", text, 0), {"type": "text", "text": {"body": text}})

    def choose(self, phone: Phone, choice: str) -> Bubble:
        """Press a reply button or pick a list row that the phone shows."""
        for bubble in reversed(phone.bubbles):
            for kind, options in (("button_reply", bubble.buttons), ("list_reply", bubble.rows)):
                for option in options:
                    if option["id"] == choice:
                        content = {"type": "interactive", "interactive": {"type": kind, kind: option}}
                        content["context"] = {"id": bubble.wamid}
                        return self._say(phone, Bubble("", True, "text", option["title"], 0), content)
        raise NoSuchThing(f"no button {choice!r} is on this phone")

    def send_media(self, phone: Phone, kind: str, *, caption: str = "", file: MediaFile | None = None) -> Bubble:
        if kind not in MEDIA:
            raise NoSuchThing(f"no medium {kind!r}")
        media_id = f"sample-{kind}"
        if file is not None:
            media_id = str(10**14 + len(self._cloud.media))
            self._cloud.media[media_id] = file
        file = self._cloud.media[media_id]
        body: Json = {"id": media_id, "mime_type": file.mime_type, "sha256": file.sha256}
        if kind == "audio":
            body["voice"] = True
        if kind == "sticker":
            body["animated"] = False
        if kind == "document":
            body["filename"] = file.filename
        if caption:
            body["caption"] = caption
        bubble = Bubble("", True, kind, caption, 0, media_id=media_id, filename=file.filename)
        return self._say(phone, bubble, {"type": kind, kind: body})

    def send_other(self, phone: Phone, kind: str) -> Bubble:
        """A location, a contact card, something that the API does not carry, or a type of the future."""
        contents: dict[str, tuple[str, Json]] = {
            "location": ("📍 21.5433, 39.1728", {"location": {"latitude": 21.5433, "longitude": 39.1728}}),
            "contacts": (
                "👤",
                {"contacts": [{"name": {"formatted_name": "A friend"}, "phones": [{"phone": "+966500000099"}]}]},
            ),
            "unsupported": (
                "📊",
                {"errors": [{"code": 131051, "title": "Message type unknown"}], "unsupported": {"type": "poll"}},
            ),
            "hologram": ("✨", {"hologram": {"depth": 3}}),
        }
        if kind not in contents:
            raise NoSuchThing(f"no type {kind!r}")
        shown, content = contents[kind]
        return self._say(phone, Bubble("", True, kind, shown, 0), {"type": kind, **content})

    def react(self, phone: Phone, wamid: str, emoji: str) -> None:
        """React to a message; an empty emoji takes the reaction back."""
        bubble = self._bubble(phone, wamid)
        bubble.reaction = emoji
        reaction = {"message_id": wamid, **({"emoji": emoji} if emoji else {})}
        self._tell(phone, new_wamid(), {"type": "reaction", "reaction": reaction})

    def edit(self, phone: Phone, wamid: str, text: str) -> None:
        bubble = self._bubble(phone, wamid)
        bubble.text, bubble.edited = text, True
        edited = {"type": "text", "text": {"body": text}}
        self._tell(phone, new_wamid(), {"type": "edit", "edit": {"original_message_id": wamid, "message": edited}})

    def delete(self, phone: Phone, wamid: str) -> None:
        self._bubble(phone, wamid).deleted = True
        self._tell(phone, new_wamid(), {"type": "revoke", "revoke": {"original_message_id": wamid}})

    def change_number(self, phone: Phone) -> None:
        """A new phone number, and with it a new user id."""
        old: dict[str, Any] = {"user_id": phone.user_id, "wa_id": phone.shown_wa_id}
        phone.wa_id = str(int(phone.wa_id) + 1_000_000)
        phone.user_id = new_user_id()
        self._cloud.postman.post(
            number_change_value(
                phone_number_id=self._cloud.account.phone_number_id,
                wamid=new_wamid(),
                at=self._cloud.now(),
                old=old,
                new={"user_id": phone.user_id, "wa_id": phone.shown_wa_id},
            )
        )
        self._cloud.changed()

    def read(self, phone: Phone) -> None:
        """Open the chat: everything that arrived is read."""
        for bubble in phone.bubbles:
            if not bubble.mine and bubble.ticks in ("sent", "delivered"):
                body = {"to": phone.wa_id, "biz_opaque_callback_data": bubble.callback_data}
                self._cloud.report(bubble.wamid, body, "read")

    def _say(self, phone: Phone, bubble: Bubble, content: Json) -> Bubble:
        bubble.wamid, bubble.at, bubble.ticks = new_wamid(), self._cloud.now(), "delivered"
        phone.bubbles.append(bubble)
        phone.last_wrote_at = bubble.at
        self._tell(phone, bubble.wamid, content)
        return bubble

    def _tell(self, phone: Phone, wamid: str, content: Json) -> None:
        self._cloud.count_inbound()
        self._cloud.postman.post(
            message_value(
                phone_number_id=self._cloud.account.phone_number_id,
                wamid=wamid,
                at=self._cloud.now(),
                name=phone.name,
                wa_id=phone.shown_wa_id,
                user_id=phone.user_id,
                content=content,
            )
        )
        self._cloud.changed()

    def _bubble(self, phone: Phone, wamid: str) -> Bubble:
        bubble = phone.bubble(wamid)
        if bubble is None:
            raise NoSuchThing("no such message on this phone")
        return bubble
