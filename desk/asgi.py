"""The ASGI application: Django, with the worker started and stopped beside it. Run it with uvicorn."""

from __future__ import annotations

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "desk.settings")

import django
from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, Scope

django.setup(set_prefix=False)

from desk.handler import Handler  # noqa: E402
from desk.runtime import NotMigrated, Runtime  # noqa: E402
from desk.web.limits import limit_bodies  # noqa: E402

limited_application = limit_bodies(Handler())


async def application(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
    else:
        await limited_application(scope, receive, send)


async def _lifespan(receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    runtime = Runtime()
    while True:
        event = await receive()
        if event["type"] == "lifespan.startup":
            try:
                await runtime.start()
            except NotMigrated as error:
                await send({"type": "lifespan.startup.failed", "message": f"desk: {error}"})
                return
            await send({"type": "lifespan.startup.complete"})
        elif event["type"] == "lifespan.shutdown":
            await runtime.stop()
            await send({"type": "lifespan.shutdown.complete"})
            return
