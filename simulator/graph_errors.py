"""Errors in the form that Meta's Graph API answers with."""

from __future__ import annotations

from typing import Any

MESSAGES = {
    1: (500, "API Unknown"),
    2: (503, "API Service"),
    100: (400, "Invalid parameter"),
    190: (401, "Error validating access token"),
    368: (403, "Temporarily blocked for policies violations"),
    2635: (400, "You are calling a deprecated version of the API"),
    130429: (400, "Rate limit hit"),
    131000: (500, "Something went wrong"),
    131005: (403, "Access denied"),
    131008: (400, "Required parameter is missing"),
    131009: (400, "Parameter value is not valid"),
    131016: (500, "Service unavailable"),
    131021: (400, "Recipient cannot be sender"),
    131026: (400, "Message undeliverable"),
    131042: (400, "Business eligibility payment issue"),
    131047: (400, "Re-engagement message"),
    131048: (400, "Spam rate limit hit"),
    131051: (400, "Unsupported message type"),
    131056: (400, "(Business Account, Consumer Account) pair rate limit hit"),
    132000: (400, "Number of parameters does not match the expected number of params"),
    132001: (404, "Template name does not exist in the translation"),
}


class GraphError(Exception):
    """A request that is answered with one of Meta's errors."""

    def __init__(self, code: int, details: str = "", *, subcode: int | None = None) -> None:
        self.code = code
        self.status, self.title = MESSAGES.get(code, (400, "Error"))
        self.details = details or self.title
        self.subcode = subcode
        super().__init__(f"{code} {self.details}")

    def as_json(self) -> dict[str, Any]:
        """The body of the answer."""
        error: dict[str, Any] = {
            "message": f"(#{self.code}) {self.title}",
            "type": "OAuthException",
            "code": self.code,
            "error_data": {"messaging_product": "whatsapp", "details": self.details},
            "fbtrace_id": "simulated",
        }
        if self.subcode is not None:
            error["error_subcode"] = self.subcode
        return {"error": error}

    def as_webhook(self) -> dict[str, Any]:
        """The form in which a `failed` status names it."""
        return {
            "code": self.code,
            "title": self.title,
            "message": self.title,
            "error_data": {"details": self.details},
            "href": "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
        }
