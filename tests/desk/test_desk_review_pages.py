"""The review pages: who may open them, what they show, what each act leads to and leaves in the audit trail."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from django.test import Client
from django.urls import URLPattern, reverse
from django.utils import timezone

import desk.urls  # noqa: F401  (registers the converter that the next addresses use)
from desk.conversations.models import Conversation, Message
from desk.handoffs.models import Handoff
from desk.review import explanations
from desk.review.explanations import CannotExplain, explain
from desk.review.models import Correction, HandoffJudgement, MessageFacts, MessageReview, SavedFilter, Verdict
from desk.review.services import marks
from desk.review.services.facts import facts_catch_up
from desk.review.services.neighbours import neighbours_catch_up
from desk.review.services.reviews import message_review
from desk.review.urls import urlpatterns
from desk.staff.models import AuditEntry, User
from desk.staff.roles import Role
from tests.desk.conftest import staff_named
from tests.desk.review_data import answered, asked, conversation_new, understanding

pytestmark = pytest.mark.django_db(transaction=True)

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
EXPLANATION: dict[str, Any] = {
    "normalised": "how sore will i be",
    "read_as": "how sore will i be",
    "intent": "nlu_fallback",
    "score": 0.05,
    "threshold": 0.17,
    "clauses": [],
    "candidates": [
        {"intent": "ask_pain", "score": 0.05, "ngram": 0.1, "embedding": 0.2, "nearest_phrase": "will I be sore"}
    ],
    "neighbours": [{"intent": "ask_downtime", "cosine": 0.7, "phrase": "sore for how long"}],
    "neighbours_agree": False,
    "risk": {
        "level": "none",
        "findings": [
            {"category": "herpes", "text": "herpes", "source": "lexicon", "negated": True, "who": "self", "cue": "no"}
        ],
    },
    "risk_margin": -0.4,
    "risk_category": "herpes",
}


@pytest.fixture(autouse=True)
def assistant_explains(monkeypatch: pytest.MonkeyPatch) -> None:
    """The views ask over HTTP: what the assistant would say is put in its place here."""
    monkeypatch.setattr("desk.review.views.queue.explain", lambda texts: [EXPLANATION] * len(texts))


@pytest.fixture
def message(transactional_db: None) -> Message:
    talk = conversation_new()
    asked(talk, "hello there")
    found = asked(talk, "how sore will I be", understanding("nlu_fallback", top="ask_pain"))
    answered(talk, "Did you mean one of these?", found)
    Handoff.objects.create(conversation=talk, reason="personal_risk", categories=["herpes"])
    return found


@pytest.fixture
def reviewer(transactional_db: None) -> User:
    return staff_named("reem", Role.REVIEWER)


@pytest.fixture
def client(reviewer: User) -> Client:
    return client_of(reviewer)


def client_of(user: User, language: str = "en") -> Client:
    client = Client()
    client.force_login(user)
    client.get(f"/staff/?lang={language}")
    return client


def body_of(response: Any) -> str:
    assert response.status_code == 200, response.status_code
    return str(response.content.decode())


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
def test_every_address_for_every_role(name: str, role: str, message: Message, reviewer: User) -> None:
    method, allowed, body = ACCESS[name]
    path = address(name, message, reviewer)
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
def test_every_post_is_checked_for_csrf(name: str, message: Message, reviewer: User) -> None:
    path = address(name, message, reviewer)
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


class TestQueue:
    def test_shows_why_a_message_is_there_and_what_was_answered(self, client: Client, message: Message) -> None:
        page = body_of(client.get("/staff/review/"))
        for shown in (
            "how sore will I be",
            "Not understood (3)",
            "Score: 3",
            "hello there",
            "Did you mean one of these?",
        ):
            assert shown in page
        assert "Does it hurt?" in page  # to choose from, in both languages
        assert "هل يؤلم؟" in page

    def test_a_verdict_leads_to_the_next_message(self, client: Client, message: Message) -> None:
        asked(conversation_new(), "what about my cat", understanding("nlu_fallback"), days_ago=1)
        body = {"verdict": "wrong", "intent": "pain", "from": "queue"}
        assert MessageReview.objects.count() == 0
        response = client.post(
            f"/staff/review/messages/{message.pk}/verdict/", {**body, "intent": "hurt"}, headers=HTMX
        )
        assert "what about my cat" in body_of(response)
        assert "how sore will I be" not in body_of(response)
        assert MessageReview.objects.get().intent == "ask_pain"
        assert Correction.objects.get().text == "how sore will I be"

    @pytest.mark.parametrize("typed", ["يؤلم", "HURT", "ask_pain", "هل يؤلم؟ / Does it hurt?", "Does it hurt?"])
    def test_the_topic_is_typed_in_either_language(self, typed: str, client: Client, message: Message) -> None:
        body = {"verdict": "wrong", "intent": typed}
        client.post(f"/staff/review/messages/{message.pk}/verdict/", body)
        assert MessageReview.objects.get().intent == "ask_pain"

    @pytest.mark.parametrize(
        ("body", "told"),
        [
            ({"verdict": "wrong", "intent": "no such topic"}, "No topic of that name"),
            ({"verdict": "wrong", "intent": "session"}, "No topic of that name"),  # several hold it
            ({"verdict": "risk", "category": ""}, "Choose the kind of risk"),
        ],
    )
    def test_a_verdict_that_is_not_whole_says_so(
        self, body: dict[str, str], told: str, client: Client, message: Message
    ) -> None:
        response = client.post(f"/staff/review/messages/{message.pk}/verdict/", {**body, "from": "queue"}, headers=HTMX)
        assert told in body_of(response)
        assert not MessageReview.objects.exists()

    def test_next_leaves_a_message_for_later(self, client: Client, message: Message) -> None:
        asked(conversation_new(), "what about my cat", understanding("nlu_fallback"), days_ago=1)
        assert "what about my cat" in body_of(client.get("/staff/review/?skip=1"))
        assert "That was the last one" in body_of(client.get("/staff/review/?skip=2"))
        assert "how sore will I be" in body_of(client.get("/staff/review/?skip=x"))

    def test_empty(self, client: Client) -> None:
        assert "Nothing waits for review" in body_of(client.get("/staff/review/"))

    def test_reading_and_deciding_are_in_the_audit_trail(
        self, client: Client, message: Message, reviewer: User
    ) -> None:
        client.get("/staff/review/")
        client.post(f"/staff/review/messages/{message.pk}/verdict/", {"verdict": "right"})
        entries = AuditEntry.objects.filter(actor_id=reviewer.pk, conversation_id=message.conversation_id)
        told = [(entry.action, entry.details) for entry in entries]
        assert ("conversation_read", {"message": message.pk}) in told
        assert ("message_reviewed", {"message": message.pk, "verdict": "right"}) in told


class TestWhy:
    def test_an_explanation_in_words(self, client: Client, message: Message) -> None:
        part = body_of(client.get(f"/staff/review/messages/{message.pk}/why/"))
        for shown in (
            "0.05 / 0.17",
            "will I be sore",
            "They disagree with the classifier",
            "silenced",
            "away from a risk",
        ):
            assert shown in part

    def test_without_the_assistant_it_says_so(
        self, client: Client, message: Message, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def away(texts: list[str]) -> list[dict[str, Any]]:
            raise CannotExplain("away")

        monkeypatch.setattr("desk.review.views.queue.explain", away)
        part = body_of(client.get(f"/staff/review/messages/{message.pk}/why/"))
        assert "The assistant cannot be asked now" in part

    def test_over_http(self, settings: Any) -> None:
        settings.ASSISTANT_TOKEN = "secret"
        asked_with: list[httpx.Request] = []

        def answer(request: httpx.Request) -> httpx.Response:
            asked_with.append(request)
            return httpx.Response(200, json={"model_id": "m", "explanations": [EXPLANATION]})

        assert explain(["x"], transport=httpx.MockTransport(answer)) == [EXPLANATION]
        assert asked_with[0].headers["authorization"] == "Bearer secret"
        assert asked_with[0].url.path == "/webhooks/explain/messages"

    @pytest.mark.parametrize(
        "response",
        [
            httpx.Response(503, json={}),
            httpx.Response(200, content=b"nonsense"),
            httpx.Response(200, json={"explanations": []}),
            httpx.Response(200, json=[1]),
        ],
    )
    def test_anything_else_is_no_explanation(self, response: httpx.Response) -> None:
        with pytest.raises(CannotExplain):
            explain(["x"], transport=httpx.MockTransport(lambda request: response))

    def test_neighbours_are_asked_for_once(self, message: Message, monkeypatch: pytest.MonkeyPatch) -> None:
        asked_for: list[str] = []

        def explains(texts: list[str]) -> list[dict[str, Any]]:
            asked_for.extend(texts)
            return [{"neighbours_agree": text != "a sure thing"} for text in texts]

        sure = asked(conversation_new(), "a sure thing", understanding("ask_price"))
        facts_catch_up()
        monkeypatch.setattr("desk.review.services.neighbours.explain", explains)
        assert neighbours_catch_up(now=timezone.now()) == 3
        facts_catch_up()
        facts = MessageFacts.objects.get(message=sure)
        assert (facts.reasons, facts.priority) == (["neighbours"], 1)
        assert neighbours_catch_up(now=timezone.now()) == 0
        assert sorted(asked_for) == ["a sure thing", "hello there", "how sore will I be"]
        assert explanations.MOST_TEXTS >= 3


class TestLog:
    def test_lists_conversations_then_messages_that_were_searched(self, client: Client, message: Message) -> None:
        link = f"/staff/review/conversations/{message.conversation_id}/"
        assert link in body_of(client.get("/staff/review/log/"))
        found = body_of(client.get("/staff/review/log/?q=SORE"))
        assert f"{link}#line-{message.pk}" in found
        assert "hello there" not in found
        assert "Nothing matches" in body_of(client.get("/staff/review/log/?q=elephant"))
        entry = AuditEntry.objects.filter(action="conversations_searched").first()
        assert entry is not None
        assert entry.details == {"text": "q=SORE"}

    def test_a_filter_is_saved_and_found_again(self, client: Client, reviewer: User) -> None:
        client.post("/staff/review/log/filters/", {"name": "مخاطر", "query": "risk=any&nonsense=1"})
        assert SavedFilter.objects.get().query == "risk=any"
        page = body_of(client.get("/staff/review/log/"))
        assert "مخاطر" in page
        assert 'href="?risk=any"' in page
        assert client.post("/staff/review/log/filters/", {"name": " ", "query": ""}).status_code == 400

    def test_the_next_page_is_linked(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("desk.review.selectors.PAGE", 2)
        for number in range(3):
            asked(conversation_new(), f"words number {number}")
        first = body_of(client.get("/staff/review/log/?q=words"))
        after = first.split('rel="next" href="?')[1].split('"')[0].replace("&amp;", "&")
        second = body_of(client.get(f"/staff/review/log/?{after}"))
        assert "words number 0" in second
        assert "words number 2" not in second

    def test_markup_of_a_patient_is_shown_as_text(self, client: Client) -> None:
        asked(conversation_new(), "<script>alert(1)</script> sore")
        for path in ("/staff/review/log/?q=sore", "/staff/review/log/"):
            assert "<script>alert" not in body_of(client.get(path))


class TestConversation:
    def test_everything_a_reviewer_puts_on_it(self, client: Client, message: Message) -> None:
        path = f"/staff/review/conversations/{message.conversation_id}/"
        client.post(f"{path}tags/", {"name": "pain doubt"})
        client.post(f"{path}flag/", {"on": "1"})
        client.post(f"{path}reviewed/", {"on": "1"})
        client.post(f"{path}note/", {"text": "ask the doctor"})
        handoff = Handoff.objects.get()
        client.post(f"/staff/review/handoffs/{handoff.pk}/judge/", {"verdict": "needless"})
        page = body_of(client.get(path))
        for shown in ("pain doubt", "Remove the flag", "Reviewed · undo", "ask the doctor", "Herpes"):
            assert shown in page
        assert HandoffJudgement.objects.get().verdict == "needless"
        acts = set(AuditEntry.objects.values_list("action", flat=True))
        assert {"conversation_marked", "note_added", "handoff_judged", "conversation_read"} <= acts

    def test_a_bad_tag_is_told(self, client: Client, message: Message) -> None:
        path = f"/staff/review/conversations/{message.conversation_id}/tags/"
        response = client.post(path, {"name": "x" * 50})
        assert response.status_code == 400
        assert "The name is empty or too long" in response.content.decode()

    def test_a_new_message_makes_it_unreviewed(self, client: Client, message: Message) -> None:
        path = f"/staff/review/conversations/{message.conversation_id}/"
        client.post(f"{path}reviewed/", {"on": "1"})
        asked(Conversation.objects.get(pk=message.conversation_id), "one more thing")
        assert "Mark as reviewed" in body_of(client.get(path))


class TestCorrections:
    @pytest.fixture
    def correction(self, message: Message, reviewer: User) -> Correction:
        message_review(
            message_id=message.pk, reviewer=reviewer, verdict=Verdict.WRONG, intent="ask_pain", now=timezone.now()
        )
        return Correction.objects.get()

    @pytest.fixture
    def manager(self, transactional_db: None) -> Client:
        return client_of(staff_named("maha", Role.MANAGER))

    def test_accepted_then_downloaded_as_a_patch(self, manager: Client, correction: Correction) -> None:
        page = body_of(manager.get("/staff/review/corrections/"))
        assert "how sore will I be" in page
        body = {"text": "how sore will my legs get", "language": "en"}
        manager.post(f"/staff/review/corrections/{correction.pk}/accept/", body)
        patch = manager.post("/staff/review/corrections/patch/")
        assert patch["Content-Disposition"].endswith('.patch"')
        assert "+    - how sore will my legs get" in patch.content.decode()
        assert "b/data/nlu/en/pain.yml" in patch.content.decode()
        assert correction.message_id not in patch.content.decode()

    def test_why_a_wording_is_not_accepted(self, manager: Client, correction: Correction) -> None:
        body = {"text": "my name is Sara and it hurts", "language": "en"}
        page = body_of(manager.post(f"/staff/review/corrections/{correction.pk}/accept/", body))
        assert "May hold a name" in page
        assert "my name is Sara and it hurts" in page  # to be worded anew
        correction.refresh_from_db()
        assert correction.status == "proposed"

    def test_decided_twice(self, manager: Client, correction: Correction) -> None:
        path = f"/staff/review/corrections/{correction.pk}/refuse/"
        assert manager.post(path).status_code == 302
        again = manager.post(path)
        assert again.status_code == 409
        assert "decided on before" in again.content.decode()

    def test_a_reviewer_sees_and_does_not_decide(self, client: Client, correction: Correction) -> None:
        page = body_of(client.get("/staff/review/corrections/"))
        assert "how sore will I be" in page
        assert "/accept/" not in page

    def test_nothing_to_write_is_said(self, manager: Client) -> None:
        assert "no accepted correction" in body_of(manager.post("/staff/review/corrections/patch/"))


class TestUnanswered:
    def test_similar_questions_stand_together(self, client: Client) -> None:
        for text in (
            "do you treat stretch marks",
            "can you treat my stretch marks?",
            "do you treat stretch marks too",
            "هل عندكم مواقف سيارات",
            "فيه مواقف للسيارات عندكم",
            "is there a prayer room",
        ):
            asked(conversation_new(), text, understanding("nlu_fallback"))
        asked(conversation_new(), "how much is it", understanding("ask_price"))
        page = body_of(client.get("/staff/review/unanswered/"))
        assert "3 times, in 3 conversations" in page
        assert "2 times, in 2 conversations" in page
        assert "Asked only once: 1" in page
        assert "how much is it" not in page

    def test_empty(self, client: Client) -> None:
        assert "No unanswered questions" in body_of(client.get("/staff/review/unanswered/"))


HTMX = {"HX-Request": "true"}
