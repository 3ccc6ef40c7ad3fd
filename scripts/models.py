"""The trained models on this machine: candidates by fingerprint, and the one in service.

`models/model.tar.gz` is what the assistant loads. It is switched by renaming, so that it is always a whole model.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

SHORT = 12
ENDING = ".tar.gz"


class NoSuchModel(Exception):
    """The text says which model is missing and which there are."""


@dataclass(frozen=True)
class Models:
    folder: Path

    @property
    def live(self) -> Path:
        return self.folder / f"model{ENDING}"

    @property
    def stamp(self) -> Path:
        """The fingerprint of the model in service."""
        return self.folder / "model.sha256"

    @property
    def pin(self) -> Path:
        """While it is there, the model in service was chosen by hand: training puts nothing in its place."""
        return self.folder / "pinned"

    @property
    def history(self) -> Path:
        """The fingerprints that were in service before, the last one last."""
        return self.folder / "history"

    @property
    def candidates(self) -> Path:
        return self.folder / "candidates"

    def in_service(self) -> str:
        """The fingerprint of the model in service; "" when there is none."""
        return self.stamp.read_text().strip() if self.live.is_file() and self.stamp.is_file() else ""

    def names(self) -> list[str]:
        """The candidates' fingerprints, the newest first."""
        found = sorted(self.candidates.glob(f"*{ENDING}"), key=lambda path: path.stat().st_mtime, reverse=True)
        return [path.name.removesuffix(ENDING) for path in found]

    def path(self, fingerprint: str) -> Path:
        return self.candidates / f"{fingerprint}{ENDING}"

    def find(self, name: str) -> str:
        """The one candidate whose fingerprint begins with `name`, or the newest; raises NoSuchModel."""
        names = self.names()
        matching = [each for each in names if each.startswith(name)]
        if not matching or (name and len(matching) > 1):
            there = ", ".join(each[:SHORT] for each in names) or "none"
            raise NoSuchModel(f"{'no' if not matching else 'more than one'} model {name!r}; there are: {there}")
        return matching[0]

    def keep(self, trained: Path, fingerprint: str) -> None:
        """Take a model just trained among the candidates, from another file system too."""
        self.candidates.mkdir(parents=True, exist_ok=True)
        unfinished = self.folder / ".kept"
        shutil.move(trained, unfinished)
        unfinished.replace(self.path(fingerprint))

    def put_in_service(self, fingerprint: str) -> None:
        """Switch to a candidate; what was in service before can be had back."""
        before = self.in_service()
        if before and before != fingerprint:
            self._keep_live_as(before)
            with self.history.open("a") as file:
                file.write(before + "\n")
        self._switch(fingerprint)

    def before(self) -> str:
        """The fingerprint that was in service before this one; raises NoSuchModel."""
        earlier = self._history()
        if not earlier:
            raise NoSuchModel("no model was in service before this one")
        return earlier[-1]

    def go_back(self) -> None:
        """Switch to the model before and forget the present one's place in the history."""
        *rest, fingerprint = self._history()
        self._keep_live_as(self.in_service())
        self._switch(fingerprint)
        self.history.write_text("".join(f"{each}\n" for each in rest))

    def _switch(self, fingerprint: str) -> None:
        unfinished = self.folder / ".next"
        unfinished.unlink(missing_ok=True)
        _same_file(self.path(fingerprint), unfinished)
        unfinished.replace(self.live)
        self.stamp.write_text(fingerprint + "\n")

    def _keep_live_as(self, fingerprint: str) -> None:
        """A model that was trained before there were candidates becomes one."""
        if fingerprint and not self.path(fingerprint).exists():
            self.candidates.mkdir(parents=True, exist_ok=True)
            _same_file(self.live, self.path(fingerprint))

    def _history(self) -> list[str]:
        named = self.history.read_text().split() if self.history.is_file() else []
        return [each for each in named if self.path(each).is_file()]


def _same_file(source: Path, target: Path) -> None:
    """A second name for a file; a copy where the file system has no second names."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
