"""Denials, persons and places of findings."""

import pytest

from assistant.risk import Finding, Level, RiskScreen, Urgency, Who, load_screen


@pytest.fixture(scope="module")
def screen() -> RiskScreen:
    return load_screen()


def only(screen: RiskScreen, text: str) -> Finding:
    findings = screen.screen(text).findings
    assert len(findings) == 1, findings
    return findings[0]


@pytest.mark.parametrize(
    "text",
    ["ماني حامل", "مو حامل", "لست حاملاً", "I'm not pregnant", "mani 7amel", "حامل؟ لا", "pregnant: no", "بدون سيولة"],
)
def test_a_denial_silences_and_is_kept_to_explain(screen: RiskScreen, text: str) -> None:
    risk = screen.screen(text)
    assert risk.level is Level.NONE
    assert risk.findings
    assert all(finding.negated and finding.cue for finding in risk.findings)


@pytest.mark.parametrize(
    "text",
    [
        "ما ادري اذا حامل",
        "not sure if I'm pregnant",
        "مو بس حامل",
        "ماني حامل بس ارضع",
        "I'm not pregnant but I am breastfeeding",
        "ما وقفت الروكتان",
        "i haven't stopped the warfarin",
        "ما عندي سكر وعندي ضغط",
        "not pregnant, nursing",
        "مو حامل. مرضع",
    ],
)
def test_what_only_looks_like_a_denial_is_a_risk(screen: RiskScreen, text: str) -> None:
    assert screen.screen(text).level is Level.PERSONAL


@pytest.mark.parametrize(
    "text",
    [
        "ما عندي سكر ولا ضغط ولا حساسية",
        "no diabetes, allergies or keloids",
        "neither pregnant nor breastfeeding",
        "لا حامل ولا مرضع",
    ],
)
def test_one_denial_covers_its_list(screen: RiskScreen, text: str) -> None:
    risk = screen.screen(text)
    assert risk.level is Level.NONE
    assert len(risk.findings) >= 2


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("انا حامل", Who.SELF),
        ("حامل ينفع؟", Who.SELF),
        ("اختي حامل", Who.OTHER),
        ("my mom is diabetic", Who.OTHER),
        ("بنتي ترضع مني", Who.SELF),
        ("ينفع للحامل؟", Who.GENERAL),
        ("is it safe for diabetics?", Who.GENERAL),
    ],
)
def test_who_it_is_about(screen: RiskScreen, text: str, who: Who) -> None:
    assert {finding.who for finding in screen.screen(text).findings} == {who}


def test_only_general_findings_make_a_general_risk(screen: RiskScreen) -> None:
    risk = screen.screen("ينفع للحامل؟")
    assert risk.level is Level.GENERAL
    assert risk.urgency is None
    assert risk.categories == ()


@pytest.mark.parametrize(
    ("text", "urgency"),
    [
        ("انا حامل", Urgency.ROUTINE),
        ("طلع صديد من المكان", Urgency.URGENT),
        ("انا حامل وما اقدر اتنفس", Urgency.EMERGENCY),
    ],
)
def test_the_most_urgent_finding_decides(screen: RiskScreen, text: str, urgency: Urgency) -> None:
    assert screen.screen(text).urgency is urgency


@pytest.mark.parametrize("text", ["افكر انتحر", "i want to kill myself", "abi amoot"])
def test_self_harm_is_an_emergency_with_its_own_mark(screen: RiskScreen, text: str) -> None:
    risk = screen.screen(text)
    assert risk.level is Level.EMERGENCY
    assert risk.categories == ("emergency",)
    assert "self_harm" in risk.kinds


def test_places_are_those_of_the_text_as_typed(screen: RiskScreen) -> None:
    text = "هلا 👋🏼  أنا حـــامِـــل"
    finding = only(screen, text)
    assert text[finding.start : finding.end] == finding.text == "حـــامِـــل"


def test_what_was_long_ago_is_silent_only_where_the_clinic_says_so(screen: RiskScreen) -> None:
    assert screen.screen("كنت حامل وولدت من سنتين").level is Level.NONE
    assert screen.screen("كان عندي كيلويد").level is Level.PERSONAL
    assert screen.screen("وقفت الروكتان من شهر").level is Level.PERSONAL


def test_an_error_inside_is_a_risk(screen: RiskScreen, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(text: str) -> list[Finding]:
        raise RuntimeError("broken")

    monkeypatch.setattr(screen, "_findings", fail)
    risk = screen.screen("كم السعر")
    assert risk.level is Level.PERSONAL
    assert risk.findings[0].source == "error"
