from django.apps import AppConfig


class ConversationsConfig(AppConfig):
    name = "desk.conversations"
    label = "conversations"
