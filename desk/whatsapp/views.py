"""The webhook that Meta posts to: verified, stored, acknowledged; in this order."""

from __future__ import annotations

import hmac
import logging

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from desk.environment import WhatsAppSettings
from desk.precedence import acknowledgements
from desk.whatsapp.errors import stored_error
from desk.whatsapp.events import Events
from desk.whatsapp.intake import intake
from desk.whatsapp.payload import NotJson, read_body
from desk.whatsapp.signature import is_signed

log = logging.getLogger(__name__)

RETRY_SECONDS = "5"


async def webhook(request: HttpRequest) -> HttpResponseBase:
    """GET: Meta's check of the address. POST: what happened on WhatsApp; 200 only once all of it is stored."""
    whatsapp: WhatsAppSettings | None = settings.WHATSAPP
    if whatsapp is None:
        return HttpResponse(status=404)
    if request.method == "GET":
        return _verify(request, whatsapp)
    if request.method != "POST":
        return HttpResponse(status=405, headers={"Allow": "GET, POST"})
    with acknowledgements.first():
        return await _receive(request.body, request.headers.get("X-Hub-Signature-256"), whatsapp)


async def _receive(body: bytes, signature: str | None, whatsapp: WhatsAppSettings) -> HttpResponse:
    if not is_signed(body, signature, whatsapp.app_secret):
        log.warning("a post to the WhatsApp webhook is not signed with the app's secret")
        return HttpResponse(status=401)
    try:
        events = read_body(body, phone_number_id=whatsapp.phone_number_id)
    except NotJson:
        return HttpResponse("not JSON", status=400, content_type="text/plain")
    _log_problems(events)
    try:
        await intake.store(events)
    except DatabaseError:
        log.exception("what WhatsApp posted could not be stored: it will post again")
        return HttpResponse(status=503, headers={"Retry-After": RETRY_SECONDS})
    return HttpResponse(status=200)


def _verify(request: HttpRequest, whatsapp: WhatsAppSettings) -> HttpResponse:
    given = request.GET.get("hub.verify_token", "").encode("utf-8", "surrogatepass")
    is_ours = hmac.compare_digest(given, whatsapp.verify_token.encode())
    if request.GET.get("hub.mode") != "subscribe" or not is_ours:
        return HttpResponse(status=403)
    return HttpResponse(request.GET.get("hub.challenge", ""), content_type="text/plain; charset=utf-8")


def _log_problems(events: Events) -> None:
    for problem in events.problems:
        log.error("WhatsApp reports: %s", stored_error(problem.code, problem.text))
    for status in events.statuses:
        if status.code is not None:
            log.warning("message %s %s: %s", status.our_id or status.wamid, status.status, stored_error(status.code))
