"""Review's work in the background of the desk's process: facts at once, neighbours when there is nothing else."""

from __future__ import annotations

import asyncio
import logging

from django.db import DatabaseError
from django.utils import timezone

from desk.database import in_database
from desk.review.explanations import CannotExplain
from desk.review.services.facts import facts_catch_up
from desk.review.services.neighbours import neighbours_catch_up

log = logging.getLogger(__name__)
PAUSE = 5.0
"""Seconds between two looks; the pages catch up by themselves before they show anything."""


async def keep_review_up() -> None:
    """Run until cancelled."""
    while True:
        try:
            if not await in_database(facts_catch_up):
                await in_database(neighbours_catch_up, now=timezone.now())
        except CannotExplain:
            pass  # asked again later; the queue does without
        except DatabaseError:
            log.exception("review could not catch up")
        await asyncio.sleep(PAUSE)
