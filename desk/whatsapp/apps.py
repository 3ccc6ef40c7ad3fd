from django.apps import AppConfig
from django.conf import settings


class WhatsAppConfig(AppConfig):
    name = "desk.whatsapp"
    label = "whatsapp"

    def ready(self) -> None:
        from desk.channels.registry import register
        from desk.conversations.models import Channel
        from desk.whatsapp.graph import GraphClient
        from desk.whatsapp.sender import WhatsAppSender

        whatsapp = settings.WHATSAPP
        if whatsapp is not None:
            register(Channel.WHATSAPP, lambda: WhatsAppSender(GraphClient(whatsapp)))
