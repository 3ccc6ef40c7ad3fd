"""Fill a desk's database for the browser tests: staff of each role, canned replies, conversations in every state.

Run with the desk's own environment: `python -m tests.staff.seed`.
"""

from __future__ import annotations

import os
from datetime import timedelta

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "desk.settings")
django.setup()

from django.db import transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from desk.conversations import services as conversations  # noqa: E402
from desk.conversations.models import Author, Channel, Conversation, Message  # noqa: E402
from desk.handoffs import services as handoffs  # noqa: E402
from desk.handoffs.models import Handoff, Urgency  # noqa: E402
from desk.staff.models import CannedReply, User  # noqa: E402
from desk.staff.roles import Role, role_give  # noqa: E402
from tests.staff.people import NAMES, PASSWORD  # noqa: E402

CANNED = (
    (
        "ترحيب",
        "Welcome",
        "أهلاً بك، معك فريق العيادة. كيف نقدر نساعدك؟",
        "Hello, this is the clinic's staff. How can we help?",
    ),
    (
        "موعد استشارة",
        "Consultation",
        "يسعدنا حجز موعد استشارة لك. أي فرع أقرب لك: جدة أو الرياض؟",
        "We would be glad to book a consultation for you. Which branch is closer: Jeddah or Riyadh?",
    ),
    (
        "سنتصل بك",
        "We will call",
        "سيتصل بك أحد أفراد الفريق خلال ساعات العمل.",
        "One of our staff will call you during working hours.",
    ),
)


def seed() -> None:
    for name, role in NAMES.items():
        user = User.objects.create_user(name, password=PASSWORD, is_staff=True, first_name=name.capitalize())
        role_give(user, Role(role))
    for position, (title_ar, title_en, text_ar, text_en) in enumerate(CANNED, 1):
        CannedReply.objects.create(
            title_ar=title_ar, title_en=title_en, text_ar=text_ar, text_en=text_en, position=position
        )
    _blood_thinner()
    _reaction()
    _whatsapp()
    _answered()


def _open(channel: Channel, name: str, language: str) -> Conversation:
    conversation = conversations.conversation_open(channel=channel, language=language)
    conversation.person.display_name = name
    conversation.person.save()
    return conversation


@transaction.atomic
def _says(conversation: Conversation, text: str, *, intent: str, category: str = "", word: str = "") -> Message:
    """What a patient said and the assistant understood, settled so that no worker takes it up."""
    message, _ = conversations.message_receive(
        lambda: conversations.conversation_lock(conversation.pk),
        channel_message_id=f"{conversation.pk}:{timezone.now().timestamp()}",
        text=text,
    )
    start = text.find(word) if word else -1
    finding = {
        "category": category,
        "text": word,
        "start": start,
        "end": start + len(word),
        "who": "self",
        "negated": False,
        "source": "lexicon",
    }
    message.risk = {"level": "personal" if word else "none", "urgency": None, "findings": [finding] if word else []}
    message.understanding = {
        "intent": intent,
        "confidence": 0.86,
        "threshold": 0.31,
        "ranking": [{"intent": intent, "confidence": 0.86}, {"intent": "ask_session_count", "confidence": 0.07}],
        "answers": [intent, "ask_session_count"],
        "language": conversation.speaks,
        "script": "arabic" if conversation.speaks == "ar" else "latin",
        "risk": message.risk,
    }
    message.state = Message.State.WITH_STAFF if word else Message.State.ANSWERED
    message.save()
    conversation.refresh_from_db()
    return message


@transaction.atomic
def _answers(conversation: Conversation, text: str, answer: str, author: Author = Author.BOT) -> Message:
    locked = conversations.conversation_lock(conversation.pk)
    said = conversations.message_add(
        locked, author=author, text=text, language=conversation.speaks, answer_name=answer, answer_version="seed"
    )
    conversation.refresh_from_db()
    return said


@transaction.atomic
def _needs(conversation: Conversation, need: handoffs.Need, *, minutes: int) -> Handoff:
    locked = conversations.conversation_lock(conversation.pk)
    handoff, _ = handoffs.handoff_need(locked, need)
    handoff.opened_at = timezone.now() - timedelta(minutes=minutes)
    handoff.promised_at = timezone.now() + timedelta(minutes=90 - minutes)
    handoff.save()
    conversation.refresh_from_db()
    return handoff


def _blood_thinner() -> None:
    talk = _open(Channel.WEB, "", "ar")
    _says(talk, "السلام عليكم، كم جلسة أحتاج؟", intent="ask_session_count")
    _answers(talk, "غالباً من 4 إلى 8 جلسات.", "utter_ask_session_count")
    text = "طيب أنا آخذ وارفرين من سنة، أقدر أسوي الجلسة؟"
    _says(talk, text, intent="report_condition", category="blood_thinner_bleeding", word="وارفرين")
    _answers(talk, "أوصلنا رسالتك إلى فريق العيادة، وسيأتي ردّهم هنا.", "desk_hand_off", Author.SYSTEM)
    need = handoffs.Need("personal_risk", Urgency.ROUTINE, ("blood_thinner_bleeding",), text)
    handoff = _needs(talk, need, minutes=42)
    handoffs.contact_record(handoff=handoff, phone="0551234567")


def _reaction() -> None:
    talk = _open(Channel.WHATSAPP, "أم ريان", "ar")
    text = "بعد الجلسة بيومين صار عندي صديد وحرارة"
    _says(talk, text, intent="report_reaction", category="post_treatment_warning", word="صديد")
    need = handoffs.Need("report_reaction", Urgency.URGENT, ("post_treatment_warning",), text)
    _needs(talk, need, minutes=17)


def _whatsapp() -> None:
    talk = _open(Channel.WHATSAPP, "Dana", "en")
    text = "Hi, I am breastfeeding. Could I still book a consultation?"
    _says(talk, text, intent="report_condition", category="pregnancy_breastfeeding", word="breastfeeding")
    need = handoffs.Need("personal_risk", Urgency.ROUTINE, ("pregnancy_breastfeeding",), text)
    handoff = _needs(talk, need, minutes=230)
    colleague = User.objects.get(username="huda")
    handoffs.handoff_claim(handoff_id=handoff.pk, staff=colleague, now=timezone.now())
    handoffs.note_add(conversation_id=talk.pk, staff=colleague, text="Asked the doctor; waiting for the answer.")
    sent = handoffs.message_send_from_staff(
        handoff_id=handoff.pk, staff=colleague, text="Hello, we are asking the doctor and will write to you here."
    )
    Message.objects.filter(pk=sent.pk).update(delivery="uncertain", delivery_error="No answer from WhatsApp in time")


def _answered() -> None:
    """A request that is over, and a conversation that never needed anybody."""
    talk = _open(Channel.WEB, "", "en")
    _says(talk, "Can I talk to somebody about my booking?", intent="ask_human")
    handoff = _needs(talk, handoffs.Need("ask_human", summary="Can I talk to somebody about my booking?"), minutes=600)
    manager = User.objects.get(username="maha")
    handoffs.message_send_from_staff(handoff_id=handoff.pk, staff=manager, text="Of course, we will call you.")
    handoffs.handoff_close(handoff_id=handoff.pk, staff=manager)
    plain = _open(Channel.WEB, "", "ar")
    _says(plain, "كم مدة الجلسة؟", intent="ask_session_length")
    _answers(plain, "الجلسة نفسها تأخذ من 30 إلى 60 دقيقة غالباً.", "utter_ask_session_length")


if __name__ == "__main__":
    seed()
