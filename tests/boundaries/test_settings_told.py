"""Every setting is told to the people who set it, with its default, and nothing is told that does not exist."""

from __future__ import annotations

import re

from app.settings import PREFIX, ROOT, Settings


def test_each_setting_is_in_the_table() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    told = dict(re.findall(rf"^\| `{PREFIX}([A-Z_]+)` \| ([^|]+) \|", text, re.MULTILINE))
    assert sorted(told) == sorted(name.upper() for name in Settings.model_fields)
    # Where none of these is set, something else takes its place, which the table says in words.
    in_words = {"database_url", "cache_dir", "secret", "public_url", "smtp_url", "mail_from"}
    plain = {name: field.default for name, field in Settings.model_fields.items() if name not in in_words}
    shown = {name: str(told[name.upper()]).strip("`").partition(",")[0] for name in plain}
    follows = {"data_dir": "var", "max_upload_mb": str(Settings().max_upload_mb)}
    assert shown == {name: follows.get(name, f"{value:g}" if isinstance(value, float) else str(value)) for name, value in plain.items()}
