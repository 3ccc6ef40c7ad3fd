"""How to reach the clinic."""

from __future__ import annotations

from actions.clinic_answer import ClinicAnswer
from assistant.clinic import isolated, isolated_link


class ActionContact(ClinicAnswer):
    response = "utter_ask_contact"

    def name(self) -> str:
        return "action_contact"

    def values(self, language: str) -> dict[str, str]:
        phones = (
            f"{branch.city.in_language(language)}: {isolated(branch.phone, language)}"
            for branch in self.clinic.branches
        )
        return {
            "phones": "\n".join(phones),
            "whatsapp": isolated(self.clinic.whatsapp, language),
            "email": isolated_link(self.clinic.email, language),
        }
