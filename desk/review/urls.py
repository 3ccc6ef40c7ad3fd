"""Addresses of the review pages."""

from __future__ import annotations

from django.urls import path

from desk.review.views import conversation, corrections, log, queue, unanswered

app_name = "review"

urlpatterns = [
    path("", queue.queue, name="queue"),
    path("log/", log.log, name="log"),
    path("log/filters/", log.filter_save, name="filter_save"),
    path("log/filters/<int:filter_id>/delete/", log.filter_delete, name="filter_delete"),
    path("conversations/<id:conversation_id>/", conversation.conversation_page, name="log_conversation"),
    path("conversations/<id:conversation_id>/tags/", conversation.tag, name="tag"),
    path("conversations/<id:conversation_id>/tags/<int:tag_id>/remove/", conversation.untag, name="untag"),
    path("conversations/<id:conversation_id>/flag/", conversation.flag, name="flag"),
    path("conversations/<id:conversation_id>/reviewed/", conversation.reviewed, name="reviewed"),
    path("conversations/<id:conversation_id>/note/", conversation.note, name="note"),
    path("handoffs/<id:handoff_id>/judge/", conversation.judge, name="judge"),
    path("messages/<id:message_id>/verdict/", queue.verdict, name="verdict"),
    path("messages/<id:message_id>/take-back/", queue.take_back, name="take_back"),
    path("messages/<id:message_id>/why/", queue.why, name="why"),
    path("unanswered/", unanswered.unanswered, name="unanswered"),
    path("corrections/", corrections.corrections, name="corrections"),
    path("corrections/<int:correction_id>/accept/", corrections.accept, name="accept"),
    path("corrections/<int:correction_id>/refuse/", corrections.refuse, name="refuse"),
    path("corrections/patch/", corrections.patch, name="patch"),
]
