"""The topics and follow-ups, as the code reads them."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.topics import Topic, load_followups, load_topics

DATA = Path(__file__).resolve().parents[2] / "data"
TOPICS = load_topics(DATA / "topics.yml")
TOPIC = 'ask_price: {harmless: true, title: {ar: "السعر", en: Price}, related: [ask_booking, ask_hours]}'


def written(folder: Path, text: str) -> Path:
    path = folder / "file.yml"
    path.write_text(text, encoding="utf-8")
    return path


class TestTopics:
    @pytest.mark.parametrize("head", ["", "topics:\n  "])
    def test_a_topic_is_read_with_or_without_a_heading(self, head: str, tmp_path: Path) -> None:
        topics = load_topics(written(tmp_path, head + TOPIC))
        price = Topic("ask_price", True, {"ar": "السعر", "en": "Price"}, ("ask_booking", "ask_hours"))
        assert topics == {"ask_price": price}

    def test_related_may_be_left_out(self, tmp_path: Path) -> None:
        topics = load_topics(written(tmp_path, "ask_x: {harmless: false, title: {ar: س, en: X}}"))
        assert topics["ask_x"].related == ()
        assert topics["ask_x"].harmless is False

    @pytest.mark.parametrize("entry", ["{harmless: true}", "{title: {ar: س, en: X}}", "null", "[a]", "word"])
    def test_what_lacks_something_is_named_in_one_line(self, entry: str, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match="topic ask_x: missing") as error:
            load_topics(written(tmp_path, f"ask_x: {entry}"))
        assert "\n" not in str(error.value)

    def test_what_the_design_calls_harmless_is(self) -> None:
        named = ["price", "hours", "location", "booking", "session_count", "session_length", "session_spacing"]
        assert all(TOPICS[f"ask_{topic}"].harmless for topic in named)

    def test_what_touches_the_body_is_not(self) -> None:
        named = [
            "pain",
            "side_effects",
            "who_should_not",
            "aftercare",
            "sun",
            "numbing",
            "infection_risk",
            "home_use",
            "scarring",
        ]
        assert not any(TOPICS[f"ask_{topic}"].harmless for topic in named)


class TestFollowups:
    @pytest.mark.parametrize("head", ["", "followups:\n  "])
    def test_pairs_are_read(self, head: str, tmp_path: Path) -> None:
        followups = load_followups(written(tmp_path, head + "follow_why: {ask_sun: ask_sun}"))
        assert followups == {"follow_why": {"ask_sun": "ask_sun"}}

    def test_every_pair_of_the_project_leads_from_topic_to_topic(self) -> None:
        followups = load_followups(DATA / "followups.yml")
        assert followups
        used = {intent for pairs in followups.values() for pair in pairs.items() for intent in pair}
        assert used <= set(TOPICS)
