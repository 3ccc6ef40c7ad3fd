from django.apps import AppConfig


class HandoffsConfig(AppConfig):
    name = "desk.handoffs"
    label = "handoffs"

    def ready(self) -> None:
        from desk.handoffs import presence  # noqa: F401  (listens to log-outs)
