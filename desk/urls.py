"""Every address of the desk."""

from __future__ import annotations

from django.urls import include, path

from desk.web import views as web
from desk.whatsapp import views as whatsapp

urlpatterns = [
    path("", web.demo_page),
    path("widget/<str:name>", web.widget_file),
    path("api/chat/visitors", web.visitors),
    path("api/chat/messages", web.messages),
    path("api/chat/stream", web.stream),
    path("api/chat/token", web.token),
    path("api/chat/language", web.language),
    path("api/chat/feedback", web.rate),
    path("api/chat/contact", web.contact),
    path("api/chat/data", web.data),
    path("webhooks/whatsapp", whatsapp.webhook),
    path("healthz", web.healthz),
    path("readyz", web.readyz),
    path("staff/", include("desk.whatsapp.staff_urls")),
    path("staff/review/", include("desk.review.urls")),
    path("staff/", include("desk.staff.urls")),
]
