"""What a session costs: the clinic's policy, never a figure of our own."""

from __future__ import annotations

from actions.clinic_answer import ClinicAnswer


class ActionPrice(ClinicAnswer):
    response = "utter_ask_price"

    def name(self) -> str:
        return "action_price"

    def values(self, language: str) -> dict[str, str]:
        return {"price_policy": self.clinic.price_policy.in_language(language)}
