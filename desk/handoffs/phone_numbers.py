"""Phone numbers in what patients write: found, read, shown and hidden."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import phonenumbers
import yaml
from phonenumbers import Leniency, PhoneNumberFormat, PhoneNumberMatcher

REGION = "SA"
COUNTRY_CODE = 966
WORDS_FILE = Path(__file__).with_name("phone_words.yml")
HIDDEN = "0"
_SEPARATORS = r"[\s.()\-\u2010-\u2015\u2212\u200e\u200f\u202a-\u202e\u2066-\u2069]"
_LONG_NUMBER = re.compile(rf"\+?\d(?:{_SEPARATORS}{{0,3}}\d){{8,}}")
"""Nine digits or more: a phone, an identity, a card... nothing that the assistant needs to know."""
_LONE_MOBILE = re.compile(r"5\d{8}")
_DATE = re.compile(r"(?<!\d)(?:\d{1,2}([./-])\d{1,2}\1(?:19|20)\d\d|(?:19|20)\d\d([./-])\d{1,2}\2\d{1,2})(?!\d)")
_CLOCK = re.compile(r":\d")
SEARCHED = 1000
"""Characters of a message in which numbers to call are looked for; hidden are long numbers everywhere."""
_DIGIT = re.compile(r"\d")
_WORD = re.compile(r"[^\W\d_]+")


class NotAPhoneNumber(ValueError):
    """The text is no telephone number that can be called."""


@dataclass(frozen=True)
class FoundPhone:
    number: str
    """E.164"""
    start: int
    end: int


def read_phone(text: str) -> str:
    """Return a number in E.164, however it was written; raises NotAPhoneNumber."""
    try:
        number = phonenumbers.parse(text, REGION)
    except phonenumbers.NumberParseException:
        raise NotAPhoneNumber from None
    if not phonenumbers.is_valid_number(number):
        raise NotAPhoneNumber
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def shown_phone(number: str) -> str:
    """An E.164 number as people read it: a Saudi one without the country's code."""
    parsed = phonenumbers.parse(number)
    is_home = parsed.country_code == COUNTRY_CODE
    return phonenumbers.format_number(
        parsed, PhoneNumberFormat.NATIONAL if is_home else PhoneNumberFormat.INTERNATIONAL
    )


def find_phones(text: str) -> list[FoundPhone]:
    """The phone numbers in a message, in order; prices, ages, dates, identity and card numbers are none."""
    plain = _plain_digits(text[:SEARCHED])
    # POSSIBLE, then validity: VALID alone would miss a mobile number without its leading zero.
    return [
        FoundPhone(phonenumbers.format_number(match.number, PhoneNumberFormat.E164), match.start, match.end)
        for match in PhoneNumberMatcher(plain, REGION, leniency=Leniency.POSSIBLE)
        if phonenumbers.is_valid_number(match.number)
        and _looks_dialled(match.raw_string)
        and not _is_something_else(plain, match.start, match.end)
    ]


def is_only_a_phone(text: str) -> bool:
    """Whether a message gives a number and says nothing else ("رقمي 0551234567")."""
    found = find_phones(text)
    if not found:
        return False
    rest = list(text)
    for phone in found:
        rest[phone.start : phone.end] = " " * (phone.end - phone.start)
    return {word.casefold() for word in _WORD.findall("".join(rest))} <= _phone_words()


def hide_numbers(text: str) -> str:
    """Put a zero for each digit of a phone number or another long number; positions stay."""
    plain = _plain_digits(text)
    hidden = list(text)
    spans = [(phone.start, phone.end) for phone in find_phones(text)]
    spans += [long.span() for long in _LONG_NUMBER.finditer(plain)]
    for start, end in spans:
        hidden[start:end] = _DIGIT.sub(HIDDEN, plain[start:end])
    return "".join(hidden)


def _looks_dialled(raw: str) -> bool:
    """A number to call starts with 0, 00, + or the country's code, or is a mobile number in one piece."""
    digits = "".join(_DIGIT.findall(raw))
    return (
        raw.lstrip("( ").startswith(("0", "+"))
        or digits.startswith(str(COUNTRY_CODE))
        or bool(_LONE_MOBILE.fullmatch(raw))
    )


def _is_something_else(plain: str, start: int, end: int) -> bool:
    """A date or time of day, or part of a card number or the like, whose other digits stand right beside it."""
    if _DATE.search(plain[start:end]) or _CLOCK.match(plain, end):
        return True
    before, after = plain[max(0, start - 2) : start], plain[end : end + 2]
    return bool(re.search(r"\d-?$", before) or re.match(r"-?\d", after))


def _plain_digits(text: str) -> str:
    """The text with digits of any script as 0-9, character for character; full-width plus as +."""
    return "".join(
        str(unicodedata.digit(char)) if unicodedata.category(char) == "Nd" else "+" if char == "＋" else char
        for char in text
    )


@cache
def _phone_words() -> frozenset[str]:
    """What people write around a number without saying anything more."""
    return frozenset(yaml.safe_load(WORDS_FILE.read_text(encoding="utf-8")))
