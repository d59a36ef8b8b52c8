"""`python -m app run`: bring the database up to date, load the play company into an empty one, and open the app."""

from __future__ import annotations

import argparse
import os
import socket
import sys
import webbrowser
from pathlib import Path
from threading import Timer

from app.errors import ConfigurationError
from app.settings import Settings, settings
from app.storage import glance

NAME = "run"
HELP = "start the app on this computer and open it in the browser"
EXAMPLE_TABLES = 5
"""As many as the play company has files; counted here because making them takes half the app."""
ROOT = Path(__file__).resolve().parents[2]


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--port", type=int, help="where to listen; another free port is taken when this one is busy")
    parser.add_argument("--no-browser", action="store_true", help="do not open the browser")


def run(options: argparse.Namespace) -> int:
    """Prepare and serve until stopped."""
    chosen = settings()
    if not _is_prepared(chosen):
        _prepare(chosen)
    port = free_port(chosen.address, options.port or chosen.port)
    url = f"http://{'localhost' if chosen.address in ('127.0.0.1', '::1') else chosen.address}:{port}"
    if chosen.log == "text":
        sys.stdout.write(f"The Alignment Scorecard is at {url} (stop it with Ctrl+C).\n")
        sys.stdout.flush()
    if not options.no_browser and _has_screen():
        opener = Timer(1.5, webbrowser.open, (url,))
        opener.daemon = True
        opener.start()
    return _serve(chosen.address, port, chosen.max_upload_mb)


def _is_prepared(chosen: Settings) -> bool:
    """Whether there is nothing to do, which one look at the file tells at most starts."""
    if not glance.is_current(chosen.database_url):
        return False
    return chosen.login != "none" or glance.example_tables(chosen.database_url) == EXAMPLE_TABLES


def _prepare(chosen: Settings) -> None:
    from app.services.actor import local_actor
    from app.services.play_company import ensure_play_company
    from app.storage import migrations
    from app.storage.engine import make_engine

    owners = make_engine(chosen.owner_url)
    migrations.upgrade(owners)
    owners.dispose()
    engine = make_engine(chosen.database_url)
    if chosen.login == "none":
        ensure_play_company(local_actor(engine), engine=engine, limits=chosen.limits(), say=lambda text: sys.stdout.write(f"{text}\n"))
    engine.dispose()


def free_port(address: str, wanted: int) -> int:
    """`wanted`, or the next port above it that nobody listens on.

    Raises
    ------
    ConfigurationError
        When none of the next fifty is free.
    """
    for port in range(wanted, min(wanted + 50, 65_536)):
        with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, port))
            except OSError:
                continue
            return port
    raise ConfigurationError(f"No port from {wanted} on is free.", "Stop another program, or choose one with --port.")


def streamlit_arguments(address: str, port: int, max_upload_mb: int) -> list[str]:
    """What `streamlit run` is told: the program, and the options that follow from the app's own settings."""
    options = {
        "server.address": address,
        "server.port": port,
        "server.headless": "true",
        "server.maxUploadSize": max_upload_mb,
    }
    return [str(ROOT / "streamlit_app.py"), *(part for k, v in options.items() for part in (f"--{k}", str(v)))]


def _serve(address: str, port: int, max_upload_mb: int) -> int:
    from streamlit.web import cli  # noqa: TID251 - the command starts Streamlit's own server, it draws nothing

    os.chdir(ROOT)
    sys.argv = ["streamlit", "run", *streamlit_arguments(address, port, max_upload_mb)]
    cli.main(prog_name="streamlit", standalone_mode=False)
    return 0


def _has_screen() -> bool:
    return sys.platform in ("darwin", "win32") or any(name in os.environ for name in ("DISPLAY", "WAYLAND_DISPLAY"))  # noqa: TID251
