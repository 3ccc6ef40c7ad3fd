"""The stand-in for the assistant as a process of its own, with a door through which a test gives it faults.

`POST /fault` with {"garbage": ..., "status": ..., "delay": ...} sets them; an empty object takes them away.
"""

from __future__ import annotations

import json
import os
from typing import Any

from tests.desk.fake_assistant import FakeAssistant

_FAULTS: dict[str, Any] = {"garbage": None, "status": None, "delay": 0.0, "fail": None, "ready": True}


class FaultyAssistant(FakeAssistant):
    async def _route(self, scope: Any, body: bytes) -> tuple[int, Any]:
        self.calls.clear()  # nobody looks at them here, and the process may live long
        self.request_ids.clear()
        if scope["path"] == "/fault":
            for name, value in {**_FAULTS, **json.loads(body)}.items():
                setattr(self, name, value.encode() if name == "garbage" and value is not None else value)
            return 200, {"ok": True}
        return await super()._route(scope, body)


application = FaultyAssistant(os.environ.get("ASSISTANT_TOKEN", ""))
