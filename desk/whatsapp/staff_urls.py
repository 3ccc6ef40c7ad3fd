"""Addresses below /staff/ that belong to WhatsApp."""

from __future__ import annotations

from django.urls import path

from desk.whatsapp import staff_views

app_name = "whatsapp"

urlpatterns = [
    path("media/<id:message_id>/", staff_views.media_file, name="media"),
    path("handoffs/<id:handoff_id>/template/", staff_views.template, name="template"),
]
