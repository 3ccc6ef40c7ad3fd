"""Which sender serves which channel. A channel's own app registers it when Django starts."""

from __future__ import annotations

from collections.abc import Callable

from desk.channels.senders import Sender

_makers: dict[str, Callable[[], Sender]] = {}
_senders: dict[str, Sender] = {}


def register(channel: str, make_sender: Callable[[], Sender]) -> None:
    """Name a channel's sender; it is made when the first message goes out."""
    _makers[channel] = make_sender
    _senders.pop(channel, None)


def sender_for(channel: str) -> Sender | None:
    """The channel's sender; None where nothing is sent (the website's stream reads the message table)."""
    if channel not in _senders and channel in _makers:
        _senders[channel] = _makers[channel]()
    return _senders.get(channel)
