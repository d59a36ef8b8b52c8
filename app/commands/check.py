"""`python -m app check`: whether the app can start here; with `--deploy`, whether it may be shown to the network."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from app.commands.run import streamlit_arguments
from app.services.deployment.model import Finding
from app.services.deployment.options import RULES, Served
from app.settings import ROOT, settings

NAME = "check"
HELP = "say whether the app can start here, and with --deploy whether it may be shown to the network"
REFUSED = 1
"""The exit status when a rule does not hold."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--deploy", action="store_true", help="refuse every setting that is unsafe for a server that others reach")
    parser.add_argument("--probe", metavar="ADDRESS", help="look at the running server from outside too, such as https://app.example.com")
    parser.add_argument("--survey", metavar="ADDRESS", help="and at the survey's own host, such as https://survey.example.com")
    parser.add_argument("--ca", type=Path, metavar="FILE", help="the certificate that signed the server's, for one that is not public")
    parser.add_argument("--json", action="store_true", help="print every rule as JSON")


def run(options: argparse.Namespace) -> int:
    """Print what does not hold, and give 1 when something does not."""
    found = list(_start())
    if options.deploy:
        from app.services.deployment.database import check_database
        from app.services.deployment.options import check_options, check_settings
        from app.services.deployment.versions import check_versions

        chosen = settings()
        found += [*check_versions(), *check_options(served()), *check_settings(chosen), *check_database(chosen.database_url)]
    if options.probe or options.survey:
        from app.services.deployment.proxy import check_proxy

        found += check_proxy(options.probe or options.survey, survey=options.survey, authority=options.ca)
    holds = all(finding.holds for finding in found)
    if options.json:
        shown = [asdict(finding) | {"remedy": "" if finding.holds else finding.remedy} for finding in found]
        sys.stdout.write(json.dumps({"holds": holds, "findings": shown}, ensure_ascii=False, indent=2) + "\n")
    else:
        sys.stdout.write(_text(found))
    return 0 if holds else REFUSED


def _start() -> Sequence[Finding]:
    """What every start needs: settings that can be read, and folders that can be written; both refuse by an error."""
    settings().prepare_folders()
    return (Finding("start", "settings and folders", True, "as they should be", ""),)


def _text(found: Sequence[Finding]) -> str:
    refused = [finding for finding in found if not finding.holds]
    lines = [f"NOT SAFE  {finding.area}: {finding.about} is {finding.found}\n          {finding.remedy}" for finding in refused]
    rules = f"{len(found)} rule{'' if len(found) == 1 else 's'}"
    lines.append(f"{len(refused)} of {rules} are broken." if refused else f"{rules} looked at, and all hold.")
    return "\n".join(lines) + "\n"


def served() -> Served:
    """Streamlit's options as the server that `python -m app run` starts will have them: environment, files, and what the app sets."""
    from streamlit import config  # noqa: TID251 - it is asked for its options and draws nothing
    from streamlit.runtime.secrets import secrets_singleton  # noqa: TID251
    from streamlit.web import bootstrap, cli  # noqa: TID251

    chosen = settings()
    os.chdir(ROOT)
    arguments = streamlit_arguments(chosen.address, chosen.port, chosen.max_upload_mb)
    # Most environment variables are read by the command line of `streamlit run`, so it is gone through without being run.
    given = cli.main_run.make_context("run", arguments, resilient_parsing=False).params
    bootstrap.load_config_options({name: value for name, value in given.items() if name not in ("target", "args")})
    options = {name: config.get_option(name) for name in RULES}
    secret, origin = str(config.get_option("server.cookieSecret")), config.get_where_defined("server.cookieSecret")
    secret_from = "environment" if "environment variable" in origin else "elsewhere"
    login = dict(secrets_singleton.get("auth", {})) if secrets_singleton.load_if_toml_exists() else {}
    if "cookie_secret" in login:
        secret, secret_from = str(login["cookie_secret"]), "secrets"
    return Served(options, secret, secret_from, login)
