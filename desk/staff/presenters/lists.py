"""Lists with several pages."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Page

from desk.staff.words import Words


def page_of(shown: Page[Any], words: Words) -> str:
    """Which page of how many this is, in words."""
    return words["page_of"].format(number=shown.number, all=shown.paginator.num_pages)
