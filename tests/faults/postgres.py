"""A PostgreSQL cluster of our own, to be crashed, frozen and filled; nobody else's is touched."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers import free_port

BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin")) if Path("/usr/lib/postgresql").is_dir() else []
USER = "postgres"


def is_installed() -> bool:
    return bool(BINARIES) or shutil.which("initdb") is not None


class Cluster:
    """Its files are in `folder`; as root it runs as the user postgres, since PostgreSQL refuses root."""

    def __init__(self, folder: Path) -> None:
        self._data = folder / "data"
        self._folder = folder
        self.port = free_port()
        self.url = f"postgresql://{USER}@127.0.0.1:{self.port}/postgres"

    def create(self) -> None:
        if os.getuid() == 0:
            entry = pwd.getpwnam(USER)
            os.chown(self._folder, entry.pw_uid, entry.pw_gid)
        self._run("initdb", "-D", str(self._data), "-U", USER, "-A", "trust", "-E", "UTF8", "--no-sync")
        with (self._data / "postgresql.conf").open("a") as settings:
            settings.write(f"port = {self.port}\nlisten_addresses = '127.0.0.1'\n")
            settings.write(
                f"unix_socket_directories = '{self._folder}'\nmax_wal_size = '64MB'\nmin_wal_size = '32MB'\n"
            )

    def start(self) -> None:
        self._run("pg_ctl", "-D", str(self._data), "-l", str(self._folder / "log"), "-w", "-t", "60", "start")

    def crash(self) -> None:
        """End at once, as in a power cut: at the next start it recovers from its log."""
        self._run("pg_ctl", "-D", str(self._data), "-m", "immediate", "-w", "stop")

    def restart(self) -> None:
        self._run("pg_ctl", "-D", str(self._data), "-l", str(self._folder / "log"), "-m", "fast", "-w", "restart")

    def stop(self) -> None:
        self.signal(signal.SIGCONT)
        subprocess.run(self._command("pg_ctl", "-D", str(self._data), "-m", "immediate", "stop"), capture_output=True)

    def is_running(self) -> bool:
        status = subprocess.run(self._command("pg_ctl", "-D", str(self._data), "status"), capture_output=True)
        return status.returncode == 0

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the postmaster and every process of its own."""
        try:
            postmaster = int((self._data / "postmaster.pid").read_text().split()[0])
        except (OSError, ValueError, IndexError):
            return
        children = subprocess.run(["pgrep", "-P", str(postmaster)], capture_output=True, text=True).stdout.split()
        for pid in [postmaster, *map(int, children)]:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                continue

    def _run(self, *command: str) -> None:
        # The server it starts keeps its output open: what it says goes to a file, or this would wait for its end.
        with (self._folder / "tool.log").open("ab") as output:
            ended = subprocess.run(self._command(*command), stdout=output, stderr=output, cwd="/")
        assert ended.returncode == 0, f"{command[0]}:\n{(self._folder / 'tool.log').read_text()[-2000:]}"

    def _command(self, tool: str, *arguments: str) -> list[str]:
        path = str(BINARIES[-1] / tool) if BINARIES else tool
        as_user = ["runuser", "-u", USER, "--"] if os.getuid() == 0 else []
        return [*as_user, path, *arguments]


@contextmanager
def running_cluster(folder: Path | None = None) -> Iterator[Cluster]:
    """A started cluster, in a folder of its own unless one is given; ended and removed afterwards."""
    own = folder or Path(tempfile.mkdtemp(prefix="desk-faults-"))
    own.chmod(0o755)
    cluster = Cluster(own)
    try:
        cluster.create()
        cluster.start()
        yield cluster
    finally:
        cluster.stop()
        time.sleep(0.2)
        if folder is None:
            shutil.rmtree(own, ignore_errors=True)
