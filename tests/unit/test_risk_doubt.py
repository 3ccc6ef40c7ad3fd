"""What makes a finding doubtful, so that the model may clear it; and what never is."""

from dataclasses import replace

import pytest

from assistant.risk import Doubt, Finding, Level, RiskScreen, Who, judge, load_screen, settle

HELD = Finding("herpes", "هربس", 0, 4, Who.SELF, False, "lexicon", "v1")
DOUBTED = replace(HELD, doubts=(Doubt.PAST,))


@pytest.fixture(scope="module")
def screen() -> RiskScreen:
    return load_screen()


def doubts(screen: RiskScreen, text: str) -> set[Doubt]:
    held = [finding for finding in screen.screen(text).findings if finding.counts]
    assert held, text
    return {doubt for finding in held for doubt in finding.doubts}


@pytest.mark.parametrize(
    "text",
    [
        "انا حامل",
        "عندي سكر",
        "I am pregnant",
        "I take warfarin every day",
        "ana 7amel",
        "معي ضغط واخذ علاج",
        "انا مرضع وابي موعد",
        "لست حاملا لكنني مرضعة",
        "مو حامل ولكني مرضع",
    ],
)
def test_what_the_writer_plainly_says_is_certain(screen: RiskScreen, text: str) -> None:
    assert not screen.screen(text).is_doubtful


@pytest.mark.parametrize(
    ("text", "doubt"),
    [
        ("جارتي عندها سكر", Doubt.OTHER),
        ("my colleague has psoriasis", Doubt.OTHER),
        ("I watched a video about someone and her psoriasis", Doubt.OTHER),
        ("ابوي عنده سكر بس الجلسه لي انا", Doubt.NOT_TREATED),
        ("my aunt is diabetic but the session is only for me", Doubt.NOT_TREATED),
        ("كنت اخذ روكتان ايام الجامعه", Doubt.PAST),
        ("I was on accutane ten years ago", Doubt.PAST),
        ("ماني فاضيه اليوم، معي ربو", Doubt.DENIED),
        ("الاكزيما مشكله؟", Doubt.ASKED),
        ("روكتان", Doubt.UNCLAIMED),
        ("عندي سكر من حلاوة لسانكم ههههه", Doubt.JOKING),
        ("I have a fever for shopping 😂", Doubt.JOKING),
        ("معي وارفرين بالقائمة اللي ارسلتوها، ما اخذ منها شي", Doubt.DENIED),
        ("my file says I have lupus. That is a mistake", Doubt.DENIED),
        ("maktoob 3ndi sokkar w hatha ghala6", Doubt.DENIED),
        ("عندي ربو وانا بنت سبع", Doubt.PAST),
        ("I had asthma in 2009", Doubt.PAST),
        ("وهو عنده سكر، زوجي يعني", Doubt.OTHER),
        ("hubby has psoriasis, I do not", Doubt.OTHER),
    ],
)
def test_words_near_a_finding_make_it_doubtful(screen: RiskScreen, text: str, doubt: Doubt) -> None:
    assert doubt in doubts(screen, text)


@pytest.mark.parametrize(
    ("text", "doubt"),
    [
        ("ظهرت لدي حساسية اللاتكس قبل خمسة عشر عاما ولا تزال قائمة", Doubt.PAST),
        ("من عشر سنين وانا على وارفرين وما وقفته", Doubt.PAST),
        ("I was put on warfarin six years ago and still take it", Doubt.PAST),
        ("ابي جلسه لولدي عمره ١٥", Doubt.PAST),
        ("ابغى احجز موعد لامي عندها سكر", Doubt.OTHER),
        ("a session for my mother please, she is diabetic", Doubt.OTHER),
        ("قرأت المقال عن الكريمات، وأسأل لأنني أتحسس من مكونات كثيرة", Doubt.OTHER),
        ("سويت جلستين عندكم وامس عرفت اني حامل", Doubt.PAST),
        ("my friend told me to ask because I take warfarin", Doubt.OTHER),
    ],
)
def test_what_still_holds_or_is_asked_for_another_is_not_doubtful_for_that(
    screen: RiskScreen, text: str, doubt: Doubt
) -> None:
    assert doubt not in doubts(screen, text)


def test_a_denial_that_ends_before_the_finding_is_no_doubt(screen: RiskScreen) -> None:
    assert Doubt.DENIED not in doubts(screen, "ماني حامل لكن انا مرضع")


@pytest.mark.parametrize(
    "text",
    [
        "امي ما تقدر تتنفس",
        "my friend can't breathe",
        "كنت بخير والحين ما اقدر اتنفس",
        "can't breathe?",
        "a woman at your door has collapsed",
        "طاحت معلمة قدامي وما تتنفس",
        "اغمى علي قبل سنتين واليوم اغمى علي مره ثانيه",
        "it happened years ago and now I can't breathe again",
    ],
)
def test_an_emergency_is_not_doubtful_for_being_told_of_another_or_asked(screen: RiskScreen, text: str) -> None:
    risk = screen.screen(text)
    assert risk.level is Level.EMERGENCY
    assert not risk.is_doubtful


@pytest.mark.parametrize(
    "text", ["I fainted once at school assembly, 15 yrs ago", "اغمى علي بالمدرسه قبل عشرين سنه", "agma 3alay zaman"]
)
def test_an_emergency_of_years_ago_is_doubtful(screen: RiskScreen, text: str) -> None:
    risk = screen.screen(text)
    assert risk.level is Level.EMERGENCY
    assert risk.is_doubtful


def test_a_laughing_emergency_is_doubtful(screen: RiskScreen) -> None:
    assert screen.screen("ما اقدر اتنفس 😂😂").is_doubtful


@pytest.mark.parametrize("text", ["ابي اموت 😂", "I want to kill myself lol"])
def test_self_harm_is_never_doubtful(screen: RiskScreen, text: str) -> None:
    risk = screen.screen(text)
    assert "self_harm" in risk.kinds
    assert not risk.is_doubtful


def test_a_doubtful_finding_counts_until_somebody_looks() -> None:
    assert judge([DOUBTED]).level is Level.PERSONAL


def test_one_certain_finding_makes_the_message_certain() -> None:
    assert judge([DOUBTED]).is_doubtful
    assert not judge([DOUBTED, HELD]).is_doubtful


def test_confirmed_it_holds_without_doubt() -> None:
    assert settle(judge([DOUBTED]), agrees=True) == judge([HELD])


def test_cleared_it_is_what_nobody_is_said_to_have() -> None:
    risk = settle(judge([DOUBTED]), agrees=False)
    assert risk.level is Level.GENERAL
    assert risk.categories == ()
    assert not risk.is_doubtful


def test_a_certain_finding_is_never_cleared() -> None:
    assert settle(judge([HELD]), agrees=False) == judge([HELD])


def test_what_takes_back_must_stand_behind_the_finding(screen: RiskScreen) -> None:
    assert Doubt.DENIED not in doubts(screen, "that was a mistake. I take warfarin every day")


@pytest.mark.parametrize(
    ("text", "is_doubtful"),
    [
        ("اغمي علي بطابور المدرسه وانا بنت عشر، ومن بعدها ولا مره", True),
        ("Fainted once in 4th grade at the dentist, fine since then", True),
        ("تشنج حراره وعمري سنه ولا تكرر ابدا", True),
        ("اغمي علي اليوم بعد الجلسة", False),
        ("I fainted just now at home", False),
    ],
)
def test_an_emergency_of_long_ago_is_doubtful(screen: RiskScreen, text: str, is_doubtful: bool) -> None:
    assert (Doubt.PAST in doubts(screen, text)) is is_doubtful


@pytest.mark.parametrize(
    "text",
    [
        "you sent my el tafaseel to a different number ya nas",
        "7a6aitha fi locker 12 w nesait, someone la8aha?",
        "lw jakom wa7d yes2al 3n el se3r wesh tgoloon",
    ],
)
def test_english_among_arabizi_is_not_read_as_arabic(screen: RiskScreen, text: str) -> None:
    assert not [finding for finding in screen.screen(text).findings if finding.counts]
