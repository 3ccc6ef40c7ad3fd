"""Thumbs, staff, a number to call, erasing, links, digits and directions: what the chat offers besides asking."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from playwright.sync_api import expect

from tests.widget.chat import LANGUAGES, SAID, Chat

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
WORDS = {
    "ar": {
        "waiting": "رسالتك عند فريق العيادة",
        "no thanks": "لا، شكراً",
        "wrong number": "هذا الرقم غير صحيح",
        "ends": "ينتهي بـ 567",
        "leave": "ترك رقم للاتصال",
        "erased": "حُذفت بياناتك",
        "closed": "تعذّر",
    },
    "en": {
        "waiting": "staff have your message",
        "no thanks": "No thanks",
        "wrong number": "This number is not correct",
        "ends": "ending in 567",
        "leave": "Leave a number",
        "erased": "Your data has been deleted",
        "closed": "not possible right now",
    },
}


def ask_for_staff(chat: Chat) -> None:
    chat.element.locator(".panel > .staff").click()
    expect(chat.element.locator(".promise")).to_be_visible()


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_answer_is_rated_and_the_thumb_stays(chat: Chat, language: str) -> None:
    chat.open(language)
    chat.write(SAID[language]["hello"])
    chat.expect_answer(SAID[language]["clarify"])
    expect(chat.element.locator(".rating:visible")).to_have_count(0)  # that was no answer
    chat.write(SAID[language]["sessions?"])
    chat.expect_answer(SAID[language]["sessions"])
    up, down = (chat.element.locator(f".rating:visible .thumb:nth-child({place})") for place in (1, 2))
    for thumb, feedback in ((up, 1), (down, -1), (down, None), (up, 1)):
        with chat.page.expect_response("**/api/chat/feedback") as answer:
            thumb.click()
        assert answer.value.json()["feedback"] == feedback
    chat.page.reload()
    expect(up).to_have_attribute("aria-pressed", "true")
    expect(down).to_have_attribute("aria-pressed", "false")
    assert chat.stored()[-1]["feedback"] == 1


def test_a_thumb_that_could_not_be_kept_goes_back(chat: Chat) -> None:
    chat.network_may_fail = True
    chat.open()
    chat.write(SAID["ar"]["sessions?"])
    chat.expect_answer(SAID["ar"]["sessions"])
    chat.page.route("**/api/chat/feedback", lambda route: route.abort())
    chat.element.locator(".rating:visible .thumb").first.click()
    expect(chat.element.locator(".notice")).to_contain_text("تعذّر حفظ التقييم")
    expect(chat.element.locator(".rating:visible .thumb").first).to_have_attribute("aria-pressed", "false")


@pytest.mark.parametrize("language", LANGUAGES)
def test_staff_are_promised_and_may_have_a_number(chat: Chat, language: str) -> None:
    chat.network_may_fail = True  # the browser reports the refused number by itself
    words = WORDS[language]
    chat.open(language)
    ask_for_staff(chat)
    banner, phone = chat.element.locator(".promise"), chat.element.locator("#phone")
    expect(banner).to_contain_text(words["waiting"])
    phone.fill("12345")
    phone.press("Enter")
    expect(chat.element.locator(".contact .error")).to_contain_text(words["wrong number"])
    assert (phone.get_attribute("aria-invalid"), chat.focused()) == ("true", "phone")
    phone.fill("٠٥٠ ١٢٣ ٤٥٦٧")
    phone.press("Enter")
    expect(phone).to_be_hidden()
    expect(banner).to_contain_text(words["ends"])
    chat.page.reload()
    expect(banner).to_contain_text(words["ends"])
    chat.element.locator(".more-contact").click()
    chat.element.locator(".decline").click()
    expect(phone).to_be_hidden()
    expect(chat.element.locator(".more-contact")).to_have_text(words["leave"])
    expect(banner).not_to_contain_text(words["ends"])


def test_what_the_staff_button_says_is_what_the_desk_stores(chat: Chat) -> None:
    topics = yaml.safe_load((ROOT / "data" / "topics.yml").read_text(encoding="utf-8"))
    title = topics.get("topics", topics)["ask_human"]["title"]
    chat.open()
    texts = chat.page.evaluate("import('/widget/texts.js').then(({ TEXTS }) => TEXTS)")
    assert {language: texts[language]["askStaffMessage"] for language in LANGUAGES} == title
    ask_for_staff(chat)
    assert chat.stored_by_patient() == [title["ar"]]


@pytest.mark.parametrize("language", LANGUAGES)
def test_erasing_is_asked_twice_and_starts_afresh(chat: Chat, language: str) -> None:
    chat.network_may_fail = True
    chat.open(language)
    chat.write(SAID[language]["sessions?"])
    chat.expect_answer(SAID[language]["sessions"])
    chat.keep_token()
    dialog = chat.element.locator("dialog")
    chat.element.locator(".opener").click()
    chat.element.locator(".erase").click()
    expect(dialog).to_be_visible()
    chat.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert chat.focused() == "opener"
    assert len(chat.words()) == 2
    chat.element.locator(".opener").click()
    chat.element.locator(".erase").click()
    chat.page.route("**/api/chat/data", lambda route: route.abort())
    dialog.locator(".danger").click()
    expect(dialog.locator(".error")).to_contain_text(WORDS[language]["closed"])
    chat.page.unroute("**/api/chat/data")
    dialog.locator(".danger").click()
    expect(dialog).to_be_hidden()
    expect(chat.element.locator(".notice")).to_contain_text(WORDS[language]["erased"])
    expect(chat.element.locator(".rows .item")).to_have_count(0)
    assert "renewal" not in chat.memory()
    with pytest.raises(OSError, match="401"):
        chat.stored()
    chat.write(SAID[language]["hello"])
    chat.expect_answer(SAID[language]["clarify"])
    assert len(chat.words()) == 2


@pytest.mark.parametrize(
    ("text", "html"),
    [
        (
            "نستخدم Derma Pen 1.5 mm للفخذ.",
            '<div dir="rtl">نستخدم <bdi dir="ltr">Derma Pen 1.5 mm</bdi> للفخذ.</div>',
        ),
        ("Derma Pen آمن؟", '<div dir="rtl"><bdi dir="ltr">Derma Pen</bdi> آمن؟</div>'),
        ("Is ديرما بن safe for everybody here?", '<div dir="ltr">Is ديرما بن safe for everybody here?</div>'),
        ("• واقي شمس SPF 30", '<div dir="rtl" class="point">• واقي شمس <bdi dir="ltr">SPF 30</bdi></div>'),
        (
            "من 4 إلى 8\n\n30-60 min",
            '<div dir="rtl">من 4 إلى 8</div>\n<div class="gap"><br></div>\n<div dir="ltr">30-60 min</div>',
        ),
        ("123", '<div dir="auto">123</div>'),
        ("<b>hi</b> & bye", '<div dir="ltr">&lt;b&gt;hi&lt;/b&gt; &amp; bye</div>'),
    ],
)  # fmt: skip
def test_each_paragraph_has_its_direction(chat: Chat, text: str, html: str) -> None:
    chat.open()
    assert prose(chat, text) == html


def test_mixed_text_reads_in_order_on_the_screen(chat: Chat) -> None:
    """Inside Arabic the glyphs of "1.5 mm Derma Pen" stand left to right, wherever the number comes."""
    chat.open()
    chat.write("استخدم 1.5 mm Derma Pen اليوم")
    places = chat.said_by("patient").locator("bdi").evaluate(
        """(run) => [...run.textContent].map((_, index) => {
          const range = document.createRange();
          range.setStart(run.firstChild, index);
          range.setEnd(run.firstChild, index + 1);
          return range.getBoundingClientRect().left;
        })"""
    )  # fmt: skip
    assert places == sorted(places)
    assert len(places) == len("1.5 mm Derma Pen")


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("الجوال 0501234567 أو +966 12 000 0000.", ["tel:0501234567", "tel:+966120000000"]),
        ("اتصل على ٠٥٠١٢٣٤٥٦٧ أو 9200 00000", ["tel:0501234567", "tel:920000000"]),
        ("الإسعاف 997، والطوارئ ٩١١.", ["tel:997", "tel:911"]),
        ("السعر 997 ريال، أو 911 SAR", []),
        (
            "https://clinic.example/map?x=1. hello@clinic.example!",
            ["https://clinic.example/map?x=1", "mailto:hello@clinic.example"],
        ),
        ("http://clinic.example javascript:alert(1) data:text/html,x", []),
        ("من 30 إلى 60 دقيقة، كل 4-6 أسابيع، 2026-01-05", []),
    ],
)  # fmt: skip
def test_addresses_and_numbers_become_safe_links(chat: Chat, text: str, links: list[str]) -> None:
    chat.open()
    options = {"links": True, "arabicDigits": True}
    script = """([text, options]) => import("/widget/prose.js").then(({ prose }) => {
      const box = document.createElement("div");
      box.append(...prose(text, options));
      return [...box.querySelectorAll("a")].map((a) => [a.getAttribute("href"), a.rel, a.dir]);
    })"""
    found = chat.page.evaluate(script, [text, options])
    assert [href for href, _, _ in found] == links
    for href, rel, direction in found:
        assert direction == "ltr"
        assert rel == ("noopener noreferrer" if href.startswith("https:") else "")


def test_digits_are_as_the_patient_writes_them(chat: Chat) -> None:
    chat.open()
    chat.write("كم جلسة أحتاج خلال ٣ أشهر؟")
    chat.expect_answer("غالباً من ٤ إلى ٨ جلسات.")
    assert "من 4 إلى 8" in chat.stored()[-1]["text"]  # on the screen alone
    chat.write("كم جلسة خلال 3 أشهر؟")
    expect(chat.said_by("bot").last).to_contain_text("من 4 إلى 8")
    expect(chat.said_by("bot").first).to_contain_text("من ٤ إلى ٨")


def test_digits_change_outside_links_and_foreign_words_only(chat: Chat) -> None:
    chat.open()
    text = "من 1.0 إلى 2.5 ملم، 50%، SPF 30، الرقم +966 12 000 0000"
    shown = prose(chat, text, links=True, arabicDigits=True)
    assert shown == (
        '<div dir="rtl">من ١٫٠ إلى ٢٫٥ ملم، ٥٠٪، <bdi dir="ltr">SPF 30</bdi>، الرقم '
        '<a href="tel:+966120000000" dir="ltr">+966 12 000 0000</a></div>'
    )


def prose(chat: Chat, text: str, **options: Any) -> str:
    """A message as the page would show it."""
    script = """([text, options]) => import("/widget/prose.js").then(({ prose }) => {
      const box = document.createElement("div");
      box.append(...prose(text, options));
      return box.innerHTML;
    })"""
    return str(chat.page.evaluate(script, [text, json.loads(json.dumps(options))]))
