from django.apps import AppConfig
from django.db.models.signals import post_migrate


class StaffConfig(AppConfig):
    name = "desk.staff"
    label = "staff"

    def ready(self) -> None:
        from desk.staff.roles import roles_ensure

        post_migrate.connect(roles_ensure, sender=self)
