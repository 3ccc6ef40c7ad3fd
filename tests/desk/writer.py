"""A busy desk for the backup tests: stores messages until its input ends, and tells each one once it is committed."""

from __future__ import annotations

import os
import sys
import threading
from functools import partial

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "desk.settings")

import django

django.setup()

from desk.conversations.models import Channel  # noqa: E402
from desk.conversations.services import conversation_lock, conversation_open, message_receive  # noqa: E402

ended = threading.Event()
telling = threading.Lock()


def write() -> None:
    while not ended.is_set():
        conversation = conversation_open(channel=Channel.WEB)
        for number in range(5):
            message, _ = message_receive(
                partial(conversation_lock, conversation.pk),
                channel_message_id=f"{conversation.pk}:{number}",
                text="كم جلسة؟ 😀 " * 20,
            )
            with telling:
                print(message.pk, flush=True)


def main() -> None:
    writers = [threading.Thread(target=write) for _ in range(3)]
    for writer in writers:
        writer.start()
    sys.stdin.read()
    ended.set()
    for writer in writers:
        writer.join()


main()
