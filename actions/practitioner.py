"""Who does the sessions."""

from __future__ import annotations

from actions.clinic_answer import ClinicAnswer


class ActionPractitioner(ClinicAnswer):
    response = "utter_ask_practitioner"

    def name(self) -> str:
        return "action_practitioner"

    def values(self, language: str) -> dict[str, str]:
        return {"practitioner_policy": self.clinic.practitioner_policy.in_language(language)}
