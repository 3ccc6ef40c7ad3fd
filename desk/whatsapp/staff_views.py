"""What the staff pages need of WhatsApp: patients' files, and templates when the 24 hours are over."""

from __future__ import annotations

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.http import content_disposition_header

from desk.conversations.models import Message
from desk.handoffs.selectors import handoff_get
from desk.handoffs.services import AlreadyClaimed, HandoffClosed
from desk.staff import selectors
from desk.staff.access import message_page, not_found, see_other, staff_of, staff_page
from desk.staff.audit import Act, audit_request
from desk.staff.roles import ANSWER, READ
from desk.staff.views.conversation import shown
from desk.staff.words import words_for
from desk.whatsapp.graph import MediaUnavailable
from desk.whatsapp.media import file_of
from desk.whatsapp.message_templates import WrongParameters
from desk.whatsapp.services import NoSuchTemplate, NotOnWhatsApp, template_send

FILE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@staff_page("GET", "HEAD", needs=READ)
def media_file(request: HttpRequest, message_id: str) -> HttpResponse:
    """A patient's file, always as a download; `<img>` and `<audio>` show it all the same."""
    message = Message.objects.select_related("conversation").filter(pk=message_id).first()
    if message is None or selectors.conversation_readable(message.conversation_id, staff_of(request)) is None:
        return not_found(request)
    try:
        file = file_of(message)
    except MediaUnavailable:
        return message_page(request, "file_unavailable", 404)
    audit_request(request, Act.FILE_OPENED, conversation_id=message.conversation_id, message=message.pk)
    response = HttpResponse(file.content, content_type=file.content_type, headers=FILE_HEADERS)
    response["Content-Disposition"] = _as_download(file.name)
    return response


@staff_page("POST", needs=(ANSWER,))
def template(request: HttpRequest, handoff_id: str) -> HttpResponse:
    """Send a template; its parts come as `part`, in order."""
    handoff = handoff_get(handoff_id)
    staff, words = staff_of(request), words_for(request)
    conversation = selectors.conversation_readable(handoff.conversation_id, staff) if handoff else None
    if handoff is None or conversation is None:
        return not_found(request)
    try:
        with transaction.atomic():
            message = template_send(
                handoff_id=handoff.pk,
                staff=staff,
                name=request.POST.get("name", ""),
                language=request.POST.get("language", ""),
                parameters=request.POST.getlist("part"),
            )
            audit_request(request, Act.TEMPLATE_SENT, conversation_id=conversation.pk, message=message.pk)
    except AlreadyClaimed as refused:
        error, status = words["refused_claimed"].format(name=refused.by.shown_name), 409
    except HandoffClosed:
        error, status = words["refused_closed"], 409
    except (WrongParameters, NoSuchTemplate, NotOnWhatsApp):
        error, status = words["template_wrong"], 400
    else:
        return see_other(request, "staff:conversation", conversation.pk, notice="sent")
    return shown(request, conversation, status=status, error=error)


def _as_download(name: str) -> str:
    """A Content-Disposition whose name may be Arabic (RFC 6266)."""
    return content_disposition_header(True, name) or "attachment"
