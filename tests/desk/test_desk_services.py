"""Services, fixed texts, settings and the rest that needs no worker."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any, ClassVar

import pytest
import yaml
from django.conf import settings as django_settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import IntegrityError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from desk import environment
from desk.conversations import services
from desk.conversations.languages import detect
from desk.conversations.models import Channel, ChannelIdentity, Conversation, Message
from desk.conversations.texts import LANGUAGES, NAMES, fixed_text, load_texts
from desk.conversations.topics import answer_allowed, choice_allowed
from desk.handoffs.models import Handoff
from desk.identifiers import new_id
from desk.safe_text import original_kept, original_text, storable_json, storable_text
from desk.screening import FAILED, read_risk, screen_text
from desk.staff.words import FOLDER as WORDS_FOLDER
from desk.staff.words import Words
from tests.desk.conftest import REAL_SCREEN, REAL_TOPICS, receive
from tests.desk.fake_assistant import ID

ROOT = Path(__file__).resolve().parents[2]


class TestStorage:
    def test_one_open_handoff_per_conversation(self, conversation: Conversation) -> None:
        Handoff.objects.create(conversation=conversation, reason="a")
        with pytest.raises(IntegrityError), transaction.atomic():
            Handoff.objects.create(conversation=conversation, reason="b", status="claimed")
        Handoff.objects.create(conversation=conversation, reason="c", status="closed")

    def test_one_message_per_channel_id(self, conversation: Conversation) -> None:
        first = receive(conversation, "a", client_id="same")
        again, is_new = services.message_receive(
            lambda: services.conversation_lock(conversation.pk), channel_message_id=f"{conversation.pk}:same", text="b"
        )
        assert again == first
        assert not is_new
        assert again.text == "a"
        with pytest.raises(IntegrityError), transaction.atomic():
            Message.objects.create(
                conversation=conversation,
                sequence=9,
                direction="in",
                state="received",
                channel="web",
                channel_message_id=first.channel_message_id,
            )

    def test_an_inbound_message_has_a_state(self, conversation: Conversation) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            Message.objects.create(conversation=conversation, sequence=1, direction="in", channel="web")

    def test_sequences_have_no_gaps(self, conversation: Conversation) -> None:
        for number in range(5):
            receive(conversation, str(number))
        assert list(conversation.messages.values_list("sequence", flat=True)) == [1, 2, 3, 4, 5]

    def test_a_rejected_choice_leaves_nothing(self, conversation: Conversation) -> None:
        with pytest.raises(services.ChoiceNotOffered):
            receive(conversation, choice="ask_pain")
        conversation.refresh_from_db()
        assert conversation.last_sequence == 0
        assert not Message.objects.exists()

    def test_an_identity_is_somebodys(self, conversation: Conversation) -> None:
        identity = ChannelIdentity.objects.get()
        assert identity.person == conversation.person
        with pytest.raises(IntegrityError), transaction.atomic():
            ChannelIdentity.objects.create(
                person=conversation.person, channel=Channel.WEB, external_id=identity.external_id
            )

    def test_sqlite_is_a_file_with_a_write_ahead_log(self, conversation: Conversation) -> None:
        if connection.vendor != "sqlite":
            pytest.skip("PostgreSQL")
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA journal_mode")
            assert cursor.fetchone() == ("wal",)
            cursor.execute("PRAGMA synchronous")
            assert cursor.fetchone() == (2,)

    def test_migrations_are_complete(self, transactional_db: None) -> None:
        call_command("makemigrations", check=True, dry_run=True, verbosity=0)


class TestText:
    @given(st.text(st.characters()))
    def test_any_text_can_be_stored_and_recovered(self, text: str) -> None:
        stored = storable_text(text)
        stored.encode("utf-8")
        assert "\x00" not in stored
        assert len(stored) == len(text)
        assert storable_text(stored) == stored
        assert original_text(original_kept(text)) == text

    def test_json_is_cleaned_throughout(self) -> None:
        assert storable_json({"a\x00": ["\ud800", {"b": "\x00"}, 1, None]}) == {
            "a\ufffd": ["\ufffd", {"b": "\ufffd"}, 1, None]
        }

    def test_ids_sort_by_time_and_suit_the_assistant(self) -> None:
        ids = [new_id("m") for _ in range(50)]
        assert len(set(ids)) == 50
        assert all(ID.fullmatch(each) and len(each) == 28 for each in ids)
        assert [each[:12] for each in ids] == sorted(each[:12] for each in ids)


class TestFixedTexts:
    def test_both_languages_state_the_same_numbers(self) -> None:
        for name in NAMES:
            digits = [sorted(filter(str.isdigit, fixed_text(name).text(language))) for language in LANGUAGES]
            assert digits[0] == digits[1], name

    def test_each_is_in_its_language(self) -> None:
        for name in NAMES:
            assert any("\u0620" <= char <= "\u064a" for char in fixed_text(name).text("ar"))
            assert not any("\u0600" <= char <= "\u06ff" for char in fixed_text(name).text("en"))

    def test_a_missing_language_is_named(self, tmp_path: Path) -> None:
        texts = {name: {"ar": "نص", "en": "text"} for name in NAMES}
        del texts["safety"]["ar"]
        (tmp_path / "texts.yml").write_text(yaml.safe_dump(texts, allow_unicode=True), encoding="utf-8")
        with pytest.raises(ValueError, match="safety has no text in 'ar'"):
            load_texts(tmp_path / "texts.yml")

    def test_the_staff_pages_speak_both(self) -> None:
        for path in WORDS_FOLDER.glob("*.yml"):
            for group, words in yaml.safe_load(path.read_text(encoding="utf-8")).items():
                for name, by_language in words.items():
                    spoken = {language for language, text in by_language.items() if text}
                    assert spoken == {"ar", "en"}, (path.name, group, name)

    def test_lengths_of_time_in_words(self) -> None:
        words = Words("en")
        assert [words.lasting(minutes) for minutes in (0, 5, 125, 3000)] == [
            "just now",
            "5 min",
            "2 h",
            "2 d",
        ]
        assert words.of("reasons", "something_new") == "something new"


class TestGuard:
    @pytest.mark.parametrize("answer", ["utter_hand_off_reaction", "utter_clarify_offer_staff", "utter_ask_price"])
    def test_passes(self, answer: str) -> None:
        assert answer_allowed(answer, {"ask_price"})

    @pytest.mark.parametrize("answer", ["utter_ask_pain", "", "ask_price", "utter_", "utter_emergency_x"])
    def test_stops(self, answer: str) -> None:
        assert not answer_allowed(answer, {"ask_price"})

    def test_buttons(self) -> None:
        assert choice_allowed("ask_price", {"ask_price"})
        assert choice_allowed("affirm", set())
        assert not choice_allowed("ask_pain", {"ask_price"})


class TestScreening:
    @pytest.mark.parametrize("value", [None, [], {}, {"level": "fine"}, {"level": "none", "findings": ["x"]}])
    def test_what_cannot_be_read_is_a_risk(self, value: Any) -> None:
        assert read_risk(value) is FAILED

    def test_a_screen_that_raises_is_a_risk(self) -> None:
        class Broken:
            def screen(self, text: str) -> Any:
                raise RuntimeError

        assert screen_text("hello", Broken()) is FAILED
        assert FAILED.is_personal
        assert FAILED.categories

    def test_words_that_cannot_be_loaded_make_every_message_a_risk(self, settings: Any, tmp_path: Path) -> None:
        settings.BASE_DIR = tmp_path
        REAL_SCREEN.cache_clear()
        try:
            assert screen_text("hello", REAL_SCREEN()) == FAILED
            assert REAL_SCREEN() is REAL_SCREEN()  # found out once, not with every message
        finally:
            REAL_SCREEN.cache_clear()

    def test_a_personal_risk_always_has_a_category(self) -> None:
        assert read_risk({"level": "personal", "findings": []}).categories == ("personal",)


class TestTheClinicsOwnWords:
    """The one place where the desk's tests meet the real data."""

    def test_the_real_screen_is_understood(self) -> None:
        REAL_SCREEN.cache_clear()
        risk = screen_text("I am pregnant", REAL_SCREEN())
        assert risk.level == "personal"
        assert risk.categories == ("pregnancy_breastfeeding",)
        assert screen_text("how many sessions?", REAL_SCREEN()).level == "none"

    def test_the_real_topics_are_understood(self) -> None:
        harmless = REAL_TOPICS()
        assert "ask_price" in harmless
        assert "ask_pain" not in harmless

    @pytest.mark.parametrize(
        ("text", "language"), [("كم جلسة", "ar"), ("kam jalsa a7taj", "ar"), ("how many?", "en"), ("👍", "")]
    )
    def test_the_real_language_detector_is_understood(self, text: str, language: str) -> None:
        assert detect(text) == language


class TestEnvironment:
    GOOD: ClassVar = {
        "ENVIRONMENT": "production",
        "SECRET_KEY": "k" * 40,
        "ASSISTANT_TOKEN": "t",
        "ALLOWED_HOSTS": "clinic.example",
        "PUBLIC_URL": "https://clinic.example",
    }

    def test_development_needs_nothing(self, tmp_path: Path) -> None:
        first = environment.read_environment({}, tmp_path)
        assert first == environment.read_environment({}, tmp_path)  # the secrets are kept
        assert len(first.secret_key) >= 32
        assert first.secret_key != first.assistant_token
        assert stat.S_IMODE((tmp_path / ".run/secret-key").stat().st_mode) == 0o600
        assert first.database_url == f"sqlite:///{tmp_path}/.run/desk.sqlite3"
        assert not first.secure

    def test_production(self, tmp_path: Path) -> None:
        given_ = environment.read_environment(self.GOOD, tmp_path)
        assert given_.production
        assert given_.secure
        assert given_.allowed_hosts == ("clinic.example",)

    @pytest.mark.parametrize(
        ("change", "line"),
        [
            ({"ENVIRONMENT": "staging"}, "set ENVIRONMENT to"),
            ({"SECRET_KEY": ""}, "set SECRET_KEY"),
            ({"SECRET_KEY": "short"}, "set SECRET_KEY to at least 32"),
            ({"ASSISTANT_TOKEN": " "}, "set ASSISTANT_TOKEN"),
            ({"ALLOWED_HOSTS": "", "PUBLIC_URL": ""}, "set ALLOWED_HOSTS and PUBLIC_URL"),
            ({"ASSISTANT_URL": "localhost:5005"}, "set ASSISTANT_URL to"),
            ({"PUBLIC_URL": "clinic.example"}, "set PUBLIC_URL to"),
            ({"DATABASE_URL": "mysql://u@h/d"}, "set DATABASE_URL to"),
            ({"DATABASE_URL": "nonsense"}, "set DATABASE_URL to"),
        ],
    )
    def test_what_is_wrong_is_said_in_one_line(self, tmp_path: Path, change: dict[str, str], line: str) -> None:
        with pytest.raises(environment.ConfigurationError, match=line) as caught:
            environment.read_environment({**self.GOOD, **change}, tmp_path)
        assert "\n" not in str(caught.value)

    def test_a_wrong_setting_stops_the_start_without_a_stack_trace(self) -> None:
        values = {**os.environ, "ENVIRONMENT": "production", "DJANGO_SETTINGS_MODULE": "desk.settings"}
        for name in ("SECRET_KEY", "ASSISTANT_TOKEN", "ALLOWED_HOSTS", "PUBLIC_URL"):
            values.pop(name, None)
        for command in (["manage.py", "check"], ["-m", "uvicorn", "desk.asgi:application", "--port", "0"]):
            ended = subprocess.run(
                [sys.executable, *command], env=values, cwd=ROOT, capture_output=True, text=True, timeout=60
            )
            assert ended.returncode == 1
            lines = ended.stderr.strip().splitlines()
            assert len(lines) == 1
            assert lines[0].startswith("desk: set SECRET_KEY and ASSISTANT_TOKEN")


class TestEnsureStaff:
    def test_makes_one_user_with_a_random_password(
        self, transactional_db: None, settings: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        from desk.staff.models import User

        settings.RUN_DIR = tmp_path
        call_command("ensure_staff")
        path = tmp_path / "staff-password.txt"
        password = path.read_text().strip()
        user = User.objects.get()
        assert user.username == "staff"
        assert user.is_staff
        assert user.check_password(password)
        assert not user.is_superuser
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert password in capsys.readouterr().out
        call_command("ensure_staff")
        assert path.read_text().strip() == password
        assert User.objects.count() == 1

    def test_not_in_production(self, transactional_db: None, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        import dataclasses

        settings.ENV = dataclasses.replace(django_settings.ENV, production=True)
        with pytest.raises(CommandError, match="make_staff"):
            call_command("ensure_staff")
