"""Every address of the desk."""

from __future__ import annotations

from django.urls import include, path

from desk.web import views as web

urlpatterns = [
    path("", web.demo_page),
    path("widget/<str:name>", web.widget_file),
    path("api/chat/visitors", web.visitors),
    path("api/chat/messages", web.messages),
    path("api/chat/stream", web.stream),
    path("api/chat/language", web.language),
    path("healthz", web.healthz),
    path("readyz", web.readyz),
    path("staff/review/", include("desk.review.urls")),
    path("staff/", include("desk.staff.urls")),
]
