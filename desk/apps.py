from __future__ import annotations

from django.apps import AppConfig
from django.urls import register_converter

from desk.identifiers import IdConverter


class DeskConfig(AppConfig):
    name = "desk"

    def ready(self) -> None:
        register_converter(IdConverter, "id")
