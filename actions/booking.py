"""How to book."""

from __future__ import annotations

from actions.clinic_answer import ClinicAnswer
from assistant.clinic import isolated, isolated_link


class ActionBooking(ClinicAnswer):
    response = "utter_ask_booking"

    def name(self) -> str:
        return "action_booking"

    def values(self, language: str) -> dict[str, str]:
        return {
            "booking_link": isolated_link(self.clinic.booking_link, language),
            "phone": isolated(self.clinic.phone, language),
        }
