"""The lists of a form: which question offers which, and what is in those that the form holds."""

from __future__ import annotations

from typing import Any

from field_forms.lists import DYNAMIC, occupation_choices
from field_forms.sheet import Names, Sheet

_NO_COLUMNS = ("name", "label", "media", "list_name", "list name", "__row")


class Lists:
    """of: the list of each question. choices: by list, of those that the phone does not fill."""

    def __init__(self, sheet: Sheet) -> None:
        """Raises BadForm."""
        self.sheet = sheet
        self.of: dict[str, str] = {}
        self.choices: dict[str, list[dict[str, Any]]] = {}
        self._find(sheet.told["children"], ())

    def values(self, name: str | None) -> list[str] | None:
        """What can be chosen from a list, where the form holds it."""
        return [choice["value"] for choice in self.choices[name]] if name in self.choices else None

    def _find(self, children: list[dict[str, Any]], above: Names) -> None:
        for told in children:
            path = (*above, told["name"])
            if told["type"] in ("group", "repeat"):
                self._find(told.get("children", []), path)
            elif name := told.get("list_name") or told.get("itemset"):
                self.of[told["name"]] = self._of_file(name, path) if name.endswith(".csv") else self._of_sheet(name, path)

    def _of_file(self, file: str, path: Names) -> str:
        name = file.removesuffix(".csv")
        if name == "occupations":
            self.choices[name] = occupation_choices()
        elif name not in DYNAMIC:
            known = ", ".join(sorted([*DYNAMIC, "occupations"]))
            raise self.sheet.fault(
                path,
                f'HP tidak punya daftar "{name}.csv"; yang ada: {known}.',
                f'the phone has no list "{name}.csv"; there are: {known}.',
            )
        return name

    def _of_sheet(self, name: str, path: Names) -> str:
        told = self.sheet.told.get("choices", {}).get(name)
        if not told or name in DYNAMIC or name == "occupations":
            raise self.sheet.fault(
                path,
                f'daftar "{name}" tidak bisa dipakai di sini; tulis pilihannya di lembar choices.',
                f'the list "{name}" can\'t be used here; write its choices in the sheet choices.',
            )
        if name not in self.choices:
            self.choices[name] = [self._choice(one, path) for one in told]
        return name

    def _choice(self, told: dict[str, Any], path: Names) -> dict[str, Any]:
        value = str(told["name"])
        if told.get("media"):
            raise self.sheet.fault(path, f'hapus media dari "{value}".', f'remove the media of "{value}".')
        label = self.sheet.translated(told.get("label"), f"label ({value})", path)
        columns = {name: str(one) for name, one in told.items() if name not in _NO_COLUMNS and not isinstance(one, dict)}
        return {"value": value, "label": label, **columns}
