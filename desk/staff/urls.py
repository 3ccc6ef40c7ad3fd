"""Addresses of the staff pages."""

from __future__ import annotations

from django.contrib.auth.views import LogoutView
from django.urls import path
from django.views.decorators.csrf import csrf_protect

from desk.staff import views

app_name = "staff"

urlpatterns = [
    path("", views.handoff_list, name="handoffs"),
    path("login/", views.Login.as_view(), name="login"),
    path("logout/", csrf_protect(LogoutView.as_view()), name="logout"),
    path("handoffs/<str:handoff_id>/", views.handoff_detail, name="handoff"),
    path("handoffs/<str:handoff_id>/reply/", views.handoff_reply, name="reply"),
    path("handoffs/<str:handoff_id>/close/", views.handoff_close, name="close"),
]
