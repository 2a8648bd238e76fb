"""XLSForms as tests write them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

Row = Mapping[str, str]
ID, EN = "label::Indonesia (id)", "label::English (en)"
SETTINGS = {
    "form_title": "Catatan", "sambung_title_en": "Note", "form_id": "note", "sambung_kind": "worker",
    "sambung_does": "edit", "default_language": "Indonesia (id)",
}  # fmt: skip


def question(kind: str, name: str = "", label: str = "Isi", **cells: str) -> dict[str, str]:
    """A row of the sheet `survey`, with its label in both languages; no label where it is empty."""
    labels = {ID: label, EN: f"{label} (en)"} if label else {}
    return {"type": kind, "name": name} | labels | {name.replace("__", "::"): cell for name, cell in cells.items()}


def choice(list_name: str, name: str, **cells: str) -> dict[str, str]:
    return {"list_name": list_name, "name": name, ID: name.title(), EN: name.title()} | cells


def sheet(survey: Iterable[Row], choices: Iterable[Row] = (), **settings: str | None) -> str:
    """The XLSForm as Markdown tables. settings: beside or instead of SETTINGS; None leaves one out."""
    told = {name: cell for name, cell in (SETTINGS | settings).items() if cell is not None}
    tables = {"survey": list(survey), "choices": list(choices), "settings": [told]}
    return "\n".join(_table(name, rows) for name, rows in tables.items() if rows)


def _table(name: str, rows: list[Row]) -> str:
    columns = list(dict.fromkeys(column for row in rows for column in row))
    lines = [columns, *([row.get(column, "").replace("|", r"\|") for column in columns] for row in rows)]
    return "\n".join([f"| {name} |", *("| | " + " | ".join(line) + " |" for line in lines)])


def write(folder: Path, text: str, name: str = "note.md") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name
