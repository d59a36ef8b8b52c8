"""`python -m app found "Acme"`: found an organization, and print the invitation of its first owner."""

from __future__ import annotations

import argparse
import sys

from app.errors import ConfigurationError
from app.settings import settings

NAME = "found"
HELP = "found an organization where people sign in, and print the invitation of its owner"


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("organization", help="what the organization is called")
    parser.add_argument("--email", default="", help="the e-mail address that the owner's login must have verified")
    parser.add_argument("--url", default="", help="the address of the app, such as https://app.example.com, to print a whole link")


def run(options: argparse.Namespace) -> int:
    """Found it."""
    from app.services.members import DAYS, found_for_somebody
    from app.storage import migrations
    from app.storage.engine import make_engine

    if settings().login == "none":
        raise ConfigurationError("Without a login there is one organization only, and it is there.", "Set SCORECARD_LOGIN=oidc.")
    engine = make_engine(settings().database_url)
    try:
        migrations.upgrade(engine)
        token = found_for_somebody(engine, name=options.organization, email=options.email)
    finally:
        engine.dispose()
    sys.stdout.write(f"{options.url.rstrip('/')}/invitation/{token}\n")
    sys.stderr.write(f"Whoever opens this link within {DAYS} days and signs in becomes the owner. It is not shown again.\n")
    return 0
