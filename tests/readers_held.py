"""The processes that read files stand still, so that an import is in its middle however fast the computer is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread

import psutil


@contextmanager
def readers_held(*servers: int) -> Iterator[None]:
    """Suspend each reading process of the servers with these process ids as it appears, and let all go on at the end."""
    done = Event()
    still: list[psutil.Process] = []

    def hold(server: psutil.Process) -> None:
        for child in server.children(recursive=True):
            if child not in still and "app.ingest.worker" in child.cmdline():
                child.suspend()
                still.append(child)

    def watch() -> None:
        while not done.wait(0.02):
            for server in servers:
                # A server that was killed has no processes, and one of these may end while it is looked at.
                with suppress(psutil.NoSuchProcess):
                    hold(psutil.Process(server))

    thread = Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
        for child in still:
            with suppress(psutil.NoSuchProcess):
                child.resume()
