"""The managers' pages of the replies that everybody has at hand."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from desk.addresses import client_address
from desk.staff import selectors, services
from desk.staff.access import not_found, page, see_other, staff_of, staff_page
from desk.staff.forms import CannedReplyForm, form_errors
from desk.staff.models import CannedReply
from desk.staff.roles import MANAGE
from desk.staff.words import words_for


@staff_page("GET", "HEAD", needs=(MANAGE,))
def canned_replies(request: HttpRequest) -> HttpResponse:
    return page(request, "staff/canned_replies.html", {"replies": selectors.canned_replies()})


@staff_page("GET", "HEAD", "POST", needs=(MANAGE,))
def canned_reply_new(request: HttpRequest) -> HttpResponse:
    return _edited(request, CannedReply(position=selectors.canned_replies().count() + 1))


@staff_page("GET", "HEAD", "POST", needs=(MANAGE,))
def canned_reply(request: HttpRequest, reply_id: int) -> HttpResponse:
    reply = selectors.canned_replies().filter(pk=reply_id).first()
    return not_found(request) if reply is None else _edited(request, reply)


@staff_page("POST", needs=(MANAGE,))
def canned_reply_delete(request: HttpRequest, reply_id: int) -> HttpResponse:
    reply = selectors.canned_replies().filter(pk=reply_id).first()
    if reply is None:
        return not_found(request)
    services.canned_reply_delete(reply=reply, by=staff_of(request), address=client_address(request))
    return see_other(request, "staff:canned_replies", notice="canned_deleted")


def _edited(request: HttpRequest, reply: CannedReply) -> HttpResponse:
    form = CannedReplyForm(request.POST if request.method == "POST" else None, instance=reply)
    if form.is_valid():
        services.canned_reply_save(
            reply=reply, values=form.cleaned_data, by=staff_of(request), address=client_address(request)
        )
        return see_other(request, "staff:canned_replies", notice="canned_saved")
    context = {"form": form, "reply": reply, "errors": form_errors(form, words_for(request))}
    return page(request, "staff/canned_reply.html", context, status=400 if form.is_bound else 200)
