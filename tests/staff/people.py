"""The staff of the browser tests."""

from __future__ import annotations

PASSWORD = "long password of the tests"
NAMES = {"sara": "agent", "huda": "agent", "reem": "reviewer", "maha": "manager"}
