from django.apps import AppConfig


class HandoffsConfig(AppConfig):
    name = "desk.handoffs"
    label = "handoffs"
