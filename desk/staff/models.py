"""The clinic's staff. Our own user model from the start: changing it later would mean moving every table."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser


class User(AbstractUser):
    pass
