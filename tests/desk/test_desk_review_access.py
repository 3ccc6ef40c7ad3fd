"""Who may open which address of the review pages, by which method, and what unknown ids lead to."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import URLPattern, reverse
from django.utils import timezone

import desk.urls  # noqa: F401  (registers the converter that the next addresses use)
from desk.conversations.models import Message
from desk.handoffs.models import Handoff
from desk.review.models import Correction, MessageReview, SavedFilter, Verdict
from desk.review.services import marks
from desk.review.services.reviews import message_review
from desk.review.urls import urlpatterns
from desk.staff.models import User
from desk.staff.roles import Role
from tests.desk.conftest import client_of, staff_named

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("assistant_explains")]

REVIEWERS, MANAGERS = frozenset({"reviewer", "manager"}), frozenset({"manager"})
# name -> (method, roles, body); every address of review stands here
ACCESS: dict[str, tuple[str, frozenset[str], dict[str, str]]] = {
    "queue": ("get", REVIEWERS, {}),
    "log": ("get", REVIEWERS, {}),
    "filter_save": ("post", REVIEWERS, {"name": "risks", "query": "risk=any"}),
    "filter_delete": ("post", REVIEWERS, {}),
    "log_conversation": ("get", REVIEWERS, {}),
    "tag": ("post", REVIEWERS, {"name": "new"}),
    "untag": ("post", REVIEWERS, {}),
    "flag": ("post", REVIEWERS, {"on": "1"}),
    "reviewed": ("post", REVIEWERS, {"on": "1"}),
    "note": ("post", REVIEWERS, {"text": "look at this"}),
    "judge": ("post", REVIEWERS, {"verdict": "needless"}),
    "verdict": ("post", REVIEWERS, {"verdict": "right"}),
    "take_back": ("post", REVIEWERS, {}),
    "why": ("get", REVIEWERS, {}),
    "unanswered": ("get", REVIEWERS, {}),
    "corrections": ("get", REVIEWERS, {}),
    "accept": ("post", MANAGERS, {"text": "how sore will my legs be", "language": "en"}),
    "refuse": ("post", MANAGERS, {}),
    "patch": ("post", MANAGERS, {}),
}


def address(name: str, message: Message, reviewer: User) -> str:
    message_review(
        message_id=message.pk, reviewer=reviewer, verdict=Verdict.WRONG, intent="ask_pain", now=timezone.now()
    )
    values = {
        "conversation_id": message.conversation_id,
        "message_id": message.pk,
        "handoff_id": Handoff.objects.get().pk,
        "tag_id": marks.conversation_tag(conversation_id=message.conversation_id, name="tag").pk,
        "filter_id": marks.filter_save(owner=reviewer, name="mine", query="q=x").pk,
        "correction_id": Correction.objects.get().pk,
    }
    pattern = next(each for each in urlpatterns if each.name == name)
    return reverse(f"review:{name}", kwargs={key: values[key] for key in pattern.pattern.converters})


def test_every_address_is_in_the_table() -> None:
    assert {each.name for each in urlpatterns if isinstance(each, URLPattern)} == set(ACCESS)


@pytest.mark.parametrize("role", ["anonymous", "agent", "reviewer", "manager"])
@pytest.mark.parametrize("name", sorted(ACCESS))
def test_every_address_for_every_role(name: str, role: str, message_for_review: Message, reviewer: User) -> None:
    method, allowed, body = ACCESS[name]
    path = address(name, message_for_review, reviewer)
    someone = Client()
    if role != "anonymous":
        someone.force_login(staff_named(f"a-{role}", Role(role)))
    response = getattr(someone, method)(path, body)
    wrong_method = getattr(someone, "post" if method == "get" else "get")(path)
    if role in allowed:
        assert response.status_code in (200, 302)
        assert wrong_method.status_code == 405
    elif role == "anonymous":
        assert response["Location"].startswith("/staff/login/")
    else:
        assert response.status_code == 403


@pytest.mark.parametrize("name", sorted(name for name, access in ACCESS.items() if access[0] == "post"))
def test_every_post_is_checked_for_csrf(name: str, message_for_review: Message, reviewer: User) -> None:
    path = address(name, message_for_review, reviewer)
    someone = Client(enforce_csrf_checks=True)
    someone.force_login(staff_named("manager", Role.MANAGER))
    before = list(MessageReview.objects.values()), list(Correction.objects.values()), list(SavedFilter.objects.values())
    assert someone.post(path, ACCESS[name][2]).status_code == 403
    assert before == (
        list(MessageReview.objects.values()),
        list(Correction.objects.values()),
        list(SavedFilter.objects.values()),
    )


@pytest.mark.parametrize("name", sorted(ACCESS))
@pytest.mark.parametrize("language", ["ar", "en"])
def test_unknown_ids_lead_nowhere(name: str, language: str, reviewer: User) -> None:
    pattern = next(each for each in urlpatterns if each.name == name)
    if not pattern.pattern.converters:
        return
    values = {
        key: 999 if key.endswith(("tag_id", "filter_id", "correction_id")) else "nothing"
        for key in pattern.pattern.converters
    }
    manager = client_of(staff_named("maha", Role.MANAGER), language)
    method, _, body = ACCESS[name]
    response = getattr(manager, method)(reverse(f"review:{name}", kwargs=values), body)
    assert response.status_code == (302 if name == "filter_delete" else 404)
