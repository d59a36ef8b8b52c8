"""`check --deploy`: a set-up that is safe passes, and each unsafe setting alone is refused, with the way to mend it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine
from streamlit import config as streamlit_config

from app.errors import ConfigurationError
from app.services.deployment.database import check_database
from app.services.deployment.model import Finding
from app.services.deployment.options import RULES, Served, check_options, check_settings, environment_name
from app.services.deployment.versions import FLOORS, check_versions
from app.settings import ROOT, Settings, read

SECRET = "0123456789abcdef" * 4
SAFE = Served(
    {
        "client.showErrorDetails": "none",
        "client.toolbarMode": "viewer",
        "client.disableDataExport": True,
        "server.enableXsrfProtection": True,
        "server.enableCORS": True,
        "server.allowedHosts": ["app.example.com"],
        "server.corsAllowedOrigins": [],
        "server.maxUploadSize": 50,
        "server.enableStaticServing": False,
        "server.enableAgentApi": False,
        "server.trustedUserHeaders": {},
        "server.unsafeMetricsUserAttributes": [],
        "server.fileWatcherType": "none",
        "browser.gatherUsageStats": False,
        "runner.magicEnabled": False,
    },
    SECRET,
    "environment",
    {
        "redirect_uri": "https://app.example.com/oauth2callback",
        "client_id": "x",
        "client_secret": "y",
        "server_metadata_url": "https://id.example/.well-known/openid-configuration",
    },
)
UNSAFE = [
    ("client.showErrorDetails", "full"),
    ("client.showErrorDetails", "stacktrace"),
    ("client.toolbarMode", "developer"),
    ("client.disableDataExport", False),
    ("server.enableXsrfProtection", False),
    ("server.enableCORS", False),
    ("server.allowedHosts", []),
    ("server.allowedHosts", ["*"]),
    ("server.allowedHosts", ["*.example.com"]),
    ("server.corsAllowedOrigins", ["https://other.example"]),
    ("server.maxUploadSize", 51),
    ("server.maxUploadSize", None),
    ("server.enableStaticServing", True),
    ("server.enableAgentApi", True),
    ("server.trustedUserHeaders", {"X-User": "email"}),
    ("server.trustedUserHeaders", '{"X-User": "email"}'),
    ("server.unsafeMetricsUserAttributes", ["email"]),
    ("server.fileWatcherType", "auto"),
    ("browser.gatherUsageStats", True),
    ("runner.magicEnabled", True),
]


def refused(found: tuple[Finding, ...]) -> list[str]:
    """What the broken rules are about; each says what to do."""
    broken = [finding for finding in found if not finding.holds]
    assert all(finding.remedy for finding in broken)
    return [finding.about for finding in broken]


def test_safe_options_pass() -> None:
    assert refused(check_options(SAFE)) == []
    assert set(SAFE.options) == set(RULES)


@pytest.mark.parametrize(("name", "value"), UNSAFE, ids=[f"{name}={value}" for name, value in UNSAFE])
def test_an_unsafe_option_is_refused(name: str, value: object) -> None:
    assert refused(check_options(replace(SAFE, options={**SAFE.options, name: value}))) == [name]


def test_every_option_is_tried() -> None:
    assert {name for name, _ in UNSAFE} == set(RULES)


@pytest.mark.parametrize(
    "changed",
    [{"cookie_secret": "a" * 31}, {"cookie_secret": ""}, {"secret_from": "elsewhere"}],
    ids=["short", "none", "in a file of the program"],
)
def test_a_weak_secret_is_refused(changed: dict[str, str]) -> None:
    found = check_options(replace(SAFE, **changed))  # type: ignore[arg-type]
    assert refused(found) == ["server.cookieSecret"]
    assert all(SECRET not in finding.found + finding.remedy for finding in found)


@pytest.mark.parametrize(
    ("changed", "about"),
    [
        ({"redirect_uri": "http://app.example.com/oauth2callback"}, "redirect_uri"),
        ({"redirect_uri": "https://app.example.com/"}, "redirect_uri"),
        ({"client_id": ""}, "provider"),
        ({"client_secret": "CHANGE-ME"}, "provider"),
        ({"server_metadata_url": "http://id.example/.well-known/openid-configuration"}, "provider"),
        ({"expose_tokens": ["id"]}, "expose_tokens"),
        ({"other": {"client_id": "z", "expose_tokens": True}}, "expose_tokens"),
    ],
)
def test_an_unsafe_login_is_refused(changed: dict[str, object], about: str) -> None:
    assert refused(check_options(replace(SAFE, login={**SAFE.login, **changed}))) == [about]


def test_several_providers_are_known_by_their_names() -> None:
    apart = {name: value for name, value in SAFE.login.items() if name != "redirect_uri"}
    assert refused(check_options(replace(SAFE, login={"redirect_uri": SAFE.login["redirect_uri"], "entra": apart}))) == []


def test_the_names_of_the_variables_are_streamlits() -> None:
    options = streamlit_config.get_config_options()
    for name in (*RULES, "server.cookieSecret"):
        assert environment_name(name) == options[name].env_var


def hosted(**changed: str) -> Settings:
    """Settings of a hosted app."""
    values = {"LOGIN": "oidc", "SECRET": SECRET, "PUBLIC_URL": "https://survey.example.com", **changed}
    return read({f"SCORECARD_{name}": value for name, value in values.items()})


def test_safe_settings_pass() -> None:
    assert refused(check_settings(hosted())) == []


@pytest.mark.parametrize(
    ("changed", "about"),
    [
        ({"LOGIN": "none", "LOG": "json"}, "SCORECARD_LOGIN"),
        ({"SECRET": ""}, "SCORECARD_SECRET"),
        ({"PUBLIC_URL": ""}, "SCORECARD_PUBLIC_URL"),
        ({"PUBLIC_URL": "http://survey.example.com"}, "SCORECARD_PUBLIC_URL"),
        ({"LOG": "text"}, "SCORECARD_LOG"),
        ({"SMTP_URL": "smtp://mail.example:25", "MAIL_FROM": "a@b.example"}, "SCORECARD_SMTP_URL"),
    ],
)
def test_an_unsafe_setting_is_refused(changed: dict[str, str], about: str) -> None:
    assert refused(check_settings(hosted(**changed))) == [about]


def test_the_installed_versions_pass() -> None:
    assert refused(check_versions()) == []


@pytest.mark.parametrize(
    ("name", "old"),
    [("streamlit", "1.66.9"), ("starlette", "1.0.9"), ("authlib", "1.6.10"), ("pyarrow", "14.0.0"), ("duckdb", "1.9.9"), ("duckdb", "")],
)
def test_a_version_with_known_holes_is_refused(name: str, old: str) -> None:
    installed = {known: floor for known, (floor, _) in FLOORS.items()}
    assert refused(check_versions(installed)) == []
    assert refused(check_versions({**installed, name: old})) == [name]


def test_the_servers_own_role_passes_and_sqlite_does_not(engine: Engine) -> None:
    found = check_database(engine.url.render_as_string(hide_password=False))
    assert refused(found) == ([] if engine.dialect.name == "postgresql" else ["kind"])


def test_a_role_that_owns_the_tables_is_refused(postgres_url: str, upgraded_postgresql: str) -> None:
    found = check_database(f"{postgres_url.rpartition('/')[0]}/{upgraded_postgresql}")
    assert refused(found) == ["role"]


def test_an_empty_database_is_refused(postgres_url: str) -> None:
    assert {"schema", "policies"} <= set(refused(check_database(postgres_url)))


@pytest.mark.parametrize("mode", ["", "&sslmode=disable", "&sslmode=prefer"])
def test_a_way_to_the_database_without_encryption_is_refused(postgres_url: str, upgraded_postgresql: str, mode: str) -> None:
    # The name is another computer's and the address this one's, which the driver knows to tell apart.
    address = postgres_url.replace("127.0.0.1", "db.example.com").rpartition("/")[0]
    found = check_database(f"{address}/{upgraded_postgresql}?hostaddr=127.0.0.1{mode}")
    assert "TLS" in refused(found)
    assert "not encrypted" in next(finding.found for finding in found if finding.about == "TLS")


def test_a_database_that_is_not_there_is_said() -> None:
    with pytest.raises(ConfigurationError, match=r"The database cannot be reached \(OperationalError\)\. Check SCORECARD_DATABASE_URL\."):
        check_database("postgresql://scorecard:pw@127.0.0.1:1/x")


def env_file() -> dict[str, str]:
    """The variables of the shipped file, with what the operator fills in."""
    lines = (ROOT / "deploy" / "scorecard.env").read_text(encoding="utf-8").splitlines()
    found = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    assert "CHANGE-ME" in found["SCORECARD_SECRET"]
    return {name: value.replace("CHANGE-ME", SECRET) for name, value in found.items()}


def test_the_shipped_configuration_passes_on_the_command_line(tmp_path: Path, postgres_url: str, upgraded_postgresql: str) -> None:
    role = f"postgresql://scorecard_app@{postgres_url.rpartition('@')[2].rpartition('/')[0]}/{upgraded_postgresql}"
    secrets = tmp_path / "secrets.toml"
    shipped = (ROOT / "deploy" / "secrets.example.toml").read_text(encoding="utf-8")
    secrets.write_text(shipped.replace("CHANGE-ME/", "id.example/").replace("CHANGE-ME", SECRET), encoding="utf-8")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SCORECARD_", "STREAMLIT_"))}
    environment = {**kept, **env_file(), "SCORECARD_DATABASE_URL": role, "SCORECARD_DATA_DIR": str(tmp_path)}
    environment["STREAMLIT_SECRETS_FILES"] = str(secrets)
    command = [sys.executable, "-m", "app", "check", "--deploy", "--json"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=120)
    told = json.loads(done.stdout)
    assert (done.returncode, told["holds"], [one["about"] for one in told["findings"] if not one["holds"]]) == (0, True, [])
    assert len(told["findings"]) > 25
    # As it is shipped, before anything is filled in, it is refused at the first value that is missing.
    done = subprocess.run(
        command[:-1],
        cwd=ROOT,
        env={**environment, "SCORECARD_SECRET": "CHANGE-ME"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.returncode, done.stderr) == (2, "SCORECARD_SECRET is shorter than 32 characters. Make one with: openssl rand -hex 32\n")
    # One variable that is unsafe is enough, and it is told in words.
    unsafe = {**environment, "STREAMLIT_CLIENT_SHOW_ERROR_DETAILS": "full"}
    done = subprocess.run(command[:-1], cwd=ROOT, env=unsafe, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "NOT SAFE  client: client.showErrorDetails is full",
        "          Set STREAMLIT_CLIENT_SHOW_ERROR_DETAILS (or showErrorDetails under [client] in .streamlit/config.toml) to none: "
        "an error may quote a customer.",
        f"1 of {len(told['findings'])} rules are broken.",
    ]
