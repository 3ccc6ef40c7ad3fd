"""Where the branches are."""

from __future__ import annotations

from actions.clinic_answer import ClinicAnswer
from assistant.clinic import Branch, isolated, isolated_link


class ActionBranches(ClinicAnswer):
    response = "utter_ask_location"

    def name(self) -> str:
        return "action_branches"

    def values(self, language: str) -> dict[str, str]:
        return {"branches": "\n\n".join(_lines(branch, language) for branch in self.clinic.branches)}


def _lines(branch: Branch, language: str) -> str:
    return "\n".join(
        [
            f"{branch.city.in_language(language)}: {branch.address.in_language(language)}",
            isolated_link(branch.map, language),
            isolated(branch.phone, language),
        ]
    )
