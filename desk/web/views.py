"""The website channel's HTTP API. Thin: read the request, call a service, answer."""

from __future__ import annotations

from django.db import DatabaseError
from django.http import HttpRequest, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from desk import identifiers, screening
from desk.conversations import feedback, selectors, services
from desk.conversations.erasure import person_erase
from desk.conversations.head_starts import head_starts
from desk.conversations.wake import switchboard
from desk.database import in_database
from desk.handoffs.phone_numbers import NotAPhoneNumber
from desk.handoffs.selectors import handoff_open_of
from desk.handoffs.services import HandoffClosed, contact_decline, contact_record
from desk.precedence import acknowledgements
from desk.runtime import assistant
from desk.web import files, rates
from desk.web.presenters import conversation_as_json
from desk.web.requests import (
    Refused,
    api_view,
    bad_token_refused,
    read_body,
    read_contact,
    read_feedback,
    read_language,
    read_new_message,
    read_sequence,
    renewed_tokens,
    take_turn,
    token_from,
    visitor_from,
)
from desk.web.services import Tokens, visitor_open, visitor_write
from desk.web.stream import conversation_events, refuse_too_many_streams
from desk.web.tokens import Purpose


@api_view("POST")
async def visitors(request: HttpRequest) -> HttpResponseBase:
    language = read_language(read_body(request, optional=True))
    take_turn(rates.address_visitors(), rates.address_key(request))
    conversation, tokens = await in_database(visitor_open, language=language or "")
    head_starts.known.keep(conversation)
    body = {"conversation": conversation.pk, "language": language, **_tokens_as_json(tokens)}
    return JsonResponse(body, status=201)


@api_view("POST")
async def token(request: HttpRequest) -> HttpResponseBase:
    return JsonResponse(_tokens_as_json(await renewed_tokens(request)))


def _tokens_as_json(tokens: Tokens) -> dict[str, str | int]:
    return {"token": tokens.access, "expires_in": Purpose.ACCESS.lifetime, "renewal": tokens.renewal}


@api_view("GET", "POST")
async def messages(request: HttpRequest) -> HttpResponseBase:
    if request.method == "GET":
        conversation, _ = await visitor_from(request)
        after = read_sequence(request.GET.get("after"))
        found = await in_database(selectors.messages_after, conversation_id=conversation.pk, sequence=after)
        return JsonResponse(
            {
                "messages": [selectors.message_as_json(message) for message in found],
                "more": len(found) == selectors.PAGE,
                "typing": switchboard.is_typing(conversation.pk),
                "conversation": await in_database(conversation_as_json, conversation),
            }
        )
    access = token_from(request)
    new = read_new_message(request)
    take_turn(rates.visitor_messages(), access.conversation_id)
    message_id = identifiers.message_id()
    is_asked = await head_starts.begin_early(
        access.conversation_id, message_id=message_id, text=new.text, choice=new.choice, language=new.language
    )
    try:
        with bad_token_refused(), acknowledgements.first():
            message, is_new = await in_database(visitor_write, token=access, **vars(new), message_id=message_id)
    except services.ChoiceNotOffered:
        raise Refused(400, "choice", "this choice was not offered in this conversation") from None
    if is_new and not is_asked:
        head_starts.begin(message)
    return JsonResponse({"id": message.pk, "seq": message.sequence}, status=202 if is_new else 200)


@api_view("GET")
async def stream(request: HttpRequest) -> HttpResponseBase:
    conversation, admitted = await visitor_from(request)
    after = read_sequence(request.headers.get("Last-Event-ID") or request.GET.get("after"))
    refuse_too_many_streams(conversation.pk)
    head_starts.known.keep(conversation)
    events = conversation_events(conversation.pk, after, ends_at=admitted.expires_at)
    response = StreamingHttpResponse(events, content_type="text/event-stream")
    response.headers["X-Accel-Buffering"] = "no"
    return response


@api_view("POST")
async def language(request: HttpRequest) -> HttpResponseBase:
    conversation, _ = await visitor_from(request)
    body = read_body(request)
    if "language" not in body:
        raise Refused(400, "language", "language must be ar, en or null")
    chosen = read_language(body)
    await in_database(services.conversation_fix_language, conversation_id=conversation.pk, language=chosen)
    return JsonResponse({"language": chosen})


@api_view("POST")
async def rate(request: HttpRequest) -> HttpResponseBase:
    conversation, _ = await visitor_from(request)
    message_id, thumb = read_feedback(request)
    try:
        await in_database(feedback.message_rate, conversation_id=conversation.pk, message_id=message_id, feedback=thumb)
    except feedback.NotRateable:
        raise Refused(404, "message", "this is no answer of the assistant in this conversation") from None
    return JsonResponse({"message": message_id, "feedback": thumb})


@api_view("POST")
async def contact(request: HttpRequest) -> HttpResponseBase:
    conversation, _ = await visitor_from(request)
    phone = read_contact(request)
    take_turn(rates.visitor_messages(), conversation.pk)
    handoff = await in_database(handoff_open_of, conversation)
    try:
        if handoff is None:
            raise HandoffClosed
        if phone is None:
            await in_database(contact_decline, handoff=handoff)
        else:
            await in_database(contact_record, handoff=handoff, phone=phone)
    except NotAPhoneNumber:
        raise Refused(400, "phone", "this is not a phone number that can be called") from None
    except HandoffClosed:
        raise Refused(409, "closed", "no request is open with the staff") from None
    return JsonResponse({"conversation": await in_database(conversation_as_json, conversation)})


@api_view("DELETE")
async def data(request: HttpRequest) -> HttpResponseBase:
    """Erase the visitor and everything kept of them."""
    conversation, _ = await visitor_from(request)
    await in_database(person_erase, person_id=conversation.person_id)
    return JsonResponse({"erased": True})


@require_safe
@never_cache
async def healthz(request: HttpRequest) -> HttpResponseBase:
    return JsonResponse({"ok": True})


@require_safe
@never_cache
async def readyz(request: HttpRequest) -> HttpResponseBase:
    assistant_is = await assistant().probe()
    screen = await in_database(screening.screen_works)
    database = await _database_answers()
    is_ready = assistant_is != "down" and screen and database
    body = {
        "ready": is_ready,
        "assistant": assistant_is,
        "screen": "ok" if screen else "failed",
        "database": "ok" if database else "down",
    }
    return JsonResponse(body, status=200 if is_ready else 503)


async def _database_answers() -> bool:
    try:
        await in_database(selectors.conversation_get, "")
    except DatabaseError:
        return False
    return True


async def demo_page(request: HttpRequest) -> HttpResponseBase:
    return files.serve(request, "demo.html")


async def widget_file(request: HttpRequest, name: str) -> HttpResponseBase:
    return files.serve(request, name)
