"""`python -m app answers`: show the survey, and nothing else of the app, to the network.

The managers' part needs a login before others may reach it. The respondents' pages need none: they open by a link that cannot be guessed
and show nobody's answers, so they may be shown to an office's network from the laptop on which the app runs.
"""

from __future__ import annotations

import argparse
import logging
import os
import socket
import sys

from app.commands.run import free_port
from app.errors import ConfigurationError
from app.settings import PREFIX, ROOT, settings

NAME = "answers"
HELP = "show the survey, and nothing else of the app, to the network"


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--address", default="0.0.0.0", help="where to listen; by default at every address of this computer")
    parser.add_argument("--port", type=int, default=8502, help="the port; another free one is taken when it is busy")


def run(options: argparse.Namespace) -> int:
    """Serve until stopped."""
    import uvicorn

    from app.storage import migrations
    from app.storage.engine import make_engine

    engine = make_engine(settings().database_url)
    if not migrations.is_ready(engine):
        engine.dispose()
        raise ConfigurationError("The database is not there yet, or is of another version.", "Start the app once: python -m app run")
    engine.dispose()
    port = free_port(options.address, options.port)
    shown = f"http://{own_address() if options.address in ('0.0.0.0', '::') else options.address}:{port}"
    sys.stdout.write(f"The survey is at {shown} (stop it with Ctrl+C). Only its links open anything.\n")
    if not settings().public_url:
        sys.stdout.write(f"So that links begin with this address, start the app with {PREFIX}PUBLIC_URL={shown}\n")
    sys.stdout.flush()
    os.chdir(ROOT)
    logging.basicConfig(level=logging.INFO)
    # No access log: it would hold tokens beside times.
    uvicorn.run("app.ui.respondent.server:app", host=options.address, port=port, access_log=False, log_level="warning")
    return 0


def own_address() -> str:
    """The address at which the network sees this computer. No packet is sent; only the way to the outside is looked up."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])
