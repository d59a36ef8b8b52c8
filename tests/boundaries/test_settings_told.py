"""Every setting is told to the people who set it, with its default, and nothing is told that does not exist."""

from __future__ import annotations

import re
from dataclasses import asdict

from app.settings import PREFIX, ROOT, read


def test_each_setting_is_in_the_table() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    told = dict(re.findall(rf"^\| `{PREFIX}([A-Z_]+)` \| ([^|]+) \|", text, re.MULTILINE))
    # Where none of these is set, something else takes its place, which the table says in words.
    in_words = {"database_url", "migration_url", "cache_dir", "secret", "public_url", "smtp_url", "mail_from", "metrics_token", "replica"}
    given = asdict(read({}))
    assert sorted(told) == sorted(name.upper() for name in given)
    shown = {name: str(told[name.upper()]).strip("`").partition(",")[0] for name in given if name not in in_words}
    given["data_dir"] = "var"
    assert shown == {name: f"{given[name]:g}" if isinstance(given[name], float) else str(given[name]) for name in shown}
