"""Fill a desk's database for the browser tests of review: `python -m tests.review_pages.seed`."""

from __future__ import annotations

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "desk.settings")
django.setup()

from django.utils import timezone  # noqa: E402

from desk.conversations.models import Channel, Message  # noqa: E402
from desk.handoffs.models import Handoff  # noqa: E402
from desk.review.models import Verdict  # noqa: E402
from desk.review.services import marks  # noqa: E402
from desk.review.services.corrections import corrections_run_record  # noqa: E402
from desk.review.services.facts import facts_catch_up  # noqa: E402
from desk.review.services.reviews import message_review  # noqa: E402
from desk.staff.models import User  # noqa: E402
from desk.staff.roles import Role, role_give  # noqa: E402
from tests.desk.review_data import answered, asked, conversation_new, risk_of, understanding  # noqa: E402
from tests.staff.people import NAMES, PASSWORD  # noqa: E402

LOST = (
    "عندكم مواقف سيارات قدام العيادة؟",
    "فيه مواقف للسيارات عند العيادة",
    "وين اوقف السيارة، فيه مواقف سيارات؟",
    "do you treat stretch marks too?",
    "can you treat my stretch marks",
    "هل تقبلون التقسيط عن طريق تابي",
    "تقبلون تقسيط تابي او تمارا؟",
    "is there a prayer room",
)


def seed() -> None:
    for name, role in NAMES.items():
        user = User.objects.create_user(name, password=PASSWORD, is_staff=True, first_name=name.capitalize())
        role_give(user, Role(role))
    reviewer = User.objects.get(username="reem")
    for days, text in enumerate(LOST):
        asked(conversation_new(), text, understanding("nlu_fallback", (0.09, 0.05), top="ask_location"), days_ago=days)
    _tagged()
    _corrected(reviewer)
    _worst()
    facts_catch_up()


def _worst() -> None:
    talk = conversation_new(language="ar")
    first = asked(talk, "السلام عليكم، كم جلسة أحتاج؟", understanding("ask_session_count"))
    answered(talk, "غالباً من 4 إلى 8 جلسات.", first)
    text = "طيب قديش بحس فيها، زي شكة الدبوس؟"
    question = asked(talk, text, understanding("nlu_fallback", (0.14, 0.11), top="ask_needle_depth"))
    answer = answered(talk, "هل تقصدين أحد هذين السؤالين؟", question)
    Message.objects.filter(pk=answer.pk).update(feedback=-1)


def _tagged() -> None:
    talk = conversation_new(channel=Channel.WHATSAPP, language="en")
    text = "My sister takes warfarin, could she still come?"
    screened = risk_of("personal", category="blood_thinner_bleeding")
    screened["findings"][0] |= {"text": "warfarin", "start": 16, "end": 24, "who": "other"}
    asked(talk, text, understanding("report_condition", (0.5, 0.4), risk=screened), screened=screened)
    Handoff.objects.create(conversation=talk, reason="personal_risk", categories=["blood_thinner_bleeding"])
    marks.conversation_tag(conversation_id=talk.pk, name="family")
    marks.conversation_flag(conversation_id=talk.pk, flagged=True)


def _corrected(reviewer: User) -> None:
    now = timezone.now()
    for text, intent in (
        ("will my tights show the redness at night", "ask_downtime"),
        ("my name is Sara and I want to know if it stings", "ask_pain"),
        ("كم ياخذ وقت الموعد من اوله لاخره", "ask_session_length"),
    ):
        message = asked(conversation_new(), text, understanding("nlu_fallback", top="ask_hours"), days_ago=2)
        message_review(message_id=message.pk, reviewer=reviewer, verdict=Verdict.WRONG, intent=intent, now=now)
    figures = [
        {"name": "risks heard", "before": 0.972, "after": 0.975},
        {"name": "questions answered right", "before": 0.914, "after": 0.916},
    ]
    corrections_run_record(learnt=[], refused=[], figures=figures, falls=[], is_promoted=True, started_at=now)


if __name__ == "__main__":
    seed()
