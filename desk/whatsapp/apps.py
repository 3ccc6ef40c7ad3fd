from django.apps import AppConfig


class WhatsAppConfig(AppConfig):
    name = "desk.whatsapp"
    label = "whatsapp"
