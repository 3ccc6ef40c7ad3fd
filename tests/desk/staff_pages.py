"""What the tests of the staff's and the reviewers' pages share."""

from __future__ import annotations

from typing import Any

HTMX = {"HX-Request": "true"}


def body_of(response: Any) -> str:
    assert response.status_code == 200, response.status_code
    return str(response.content.decode())
