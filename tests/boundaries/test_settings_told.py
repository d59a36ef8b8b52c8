"""Every setting is told to the people who set it, with its default, and nothing is told that does not exist."""

from __future__ import annotations

import re

from app.settings import PREFIX, ROOT, Settings


def test_each_setting_is_in_the_table() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    told = dict(re.findall(rf"^\| `{PREFIX}([A-Z_]+)` \| ([^|]+) \|", text, re.MULTILINE))
    assert sorted(told) == sorted(name.upper() for name in Settings.model_fields)
    plain = {name: field.default for name, field in Settings.model_fields.items() if name not in ("database_url", "cache_dir")}
    shown = {name: str(told[name.upper()]).strip("`").partition(",")[0] for name in plain}
    follows = {"data_dir": "var", "max_upload_mb": str(Settings().max_upload_mb)}
    assert shown == {name: follows.get(name, f"{value:g}" if isinstance(value, float) else str(value)) for name, value in plain.items()}
