"""What can go wrong with a backup, in one line for whoever runs the command."""

from __future__ import annotations


class BackupFailed(Exception):
    """The backup was not made, or not restored; the text says what to do."""
