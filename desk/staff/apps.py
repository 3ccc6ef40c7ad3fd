from django.apps import AppConfig


class StaffConfig(AppConfig):
    name = "desk.staff"
    label = "staff"
