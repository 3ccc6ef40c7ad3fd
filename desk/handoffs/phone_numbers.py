"""Phone numbers in what patients write: found, read and masked."""

from __future__ import annotations

import phonenumbers

REGION = "SA"


class NotAPhoneNumber(ValueError):
    """The text is no telephone number that can be called."""


def read_phone(text: str) -> str:
    """Return a number in E.164, however it was written; raises NotAPhoneNumber."""
    try:
        number = phonenumbers.parse(text, REGION)
    except phonenumbers.NumberParseException:
        raise NotAPhoneNumber from None
    if not phonenumbers.is_valid_number(number):
        raise NotAPhoneNumber
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
