"""What the app says on the screen, by the keys of its dictionaries: a test stays right when a sentence is put better."""

from __future__ import annotations

import json
from functools import cache

from tests.protocol.world import ROOT

SRC = ROOT / "field_forms" / "client" / "src"


@cache
def words(language: str = "id") -> dict[str, str]:
    """All sentences of that language. Where two dictionaries share a key the later one is what a screen of its own shows."""
    found: dict[str, str] = {}
    for path in [SRC / "i18n" / f"{language}.json", *sorted(SRC.rglob(f"*.{language}.json"))]:
        found |= json.loads(path.read_text())
    return found


def said(key: str, **values: object) -> str:
    """The sentence as it stands on the screen; without its values as far as the first gap."""
    text = words()[key]
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", str(value))
    return text.partition("{")[0].rstrip() if "{" in text else text
