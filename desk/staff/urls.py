"""Addresses of the staff pages."""

from __future__ import annotations

from django.urls import path

from desk.staff.views import acts, audit, canned, conversation, inbox, login, notifications, people, problems, stream

app_name = "staff"

urlpatterns = [
    path("", inbox.inbox, name="inbox"),
    path("queue/", inbox.queue_part, name="queue_part"),
    path("live/", inbox.live_part, name="live_part"),
    path("stream", stream.stream, name="stream"),
    path("problems/", problems.problems, name="problems"),
    path("problems/<id:message_id>/dealt-with/", problems.deal_with, name="deal_with"),
    path("login/", login.Login.as_view(), name="login"),
    path("logout/", login.log_out, name="logout"),
    path("password/", login.password, name="password"),
    path("still-here/", login.still_here, name="still_here"),
    path("conversations/", inbox.conversations, name="conversations"),
    path("conversations/<id:conversation_id>/", conversation.conversation_page, name="conversation"),
    path("conversations/<id:conversation_id>/live/", conversation.conversation_live, name="conversation_live"),
    path("conversations/<id:conversation_id>/take-over/", acts.take_over, name="take_over"),
    path("conversations/<id:conversation_id>/note/", acts.note, name="note"),
    path("handoffs/<id:handoff_id>/", conversation.handoff_page, name="handoff"),
    path("handoffs/<id:handoff_id>/claim/", acts.claim, name="claim"),
    path("handoffs/<id:handoff_id>/reply/", acts.reply, name="reply"),
    path("handoffs/<id:handoff_id>/transfer/", acts.transfer, name="transfer"),
    path("handoffs/<id:handoff_id>/return/", acts.give_back, name="return"),
    path("handoffs/<id:handoff_id>/close/", acts.close, name="close"),
    path("handoffs/<id:handoff_id>/alarm/", acts.acknowledge_alarm, name="alarm"),
    path("people/", people.people, name="people"),
    path("people/<int:user_id>/role/", people.set_role, name="set_role"),
    path("people/<int:user_id>/active/", people.set_active, name="set_active"),
    path("people/<int:user_id>/password/", people.reset_password, name="reset_password"),
    path("replies/", canned.canned_replies, name="canned_replies"),
    path("replies/new/", canned.canned_reply_new, name="canned_reply_new"),
    path("replies/<int:reply_id>/", canned.canned_reply, name="canned_reply"),
    path("replies/<int:reply_id>/delete/", canned.canned_reply_delete, name="canned_reply_delete"),
    path("notifications/", notifications.notifications, name="notifications"),
    path("audit/", audit.audit, name="audit"),
]
