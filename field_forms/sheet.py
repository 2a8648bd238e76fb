"""The XLSForm as it stands in its file, and the XForm that pyxform makes of it: what the compiler reads."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from field_forms.bad_form import BadForm

Names = tuple[str, ...]
MAX_BYTES = 4 * 1024 * 1024
NAMESPACE = 'sambung="urn:sambung:form"'
UNVERSIONED = "0"
LANGUAGES = ("id", "en")
_SUFFIXES = (".md", ".xlsx")
_FILTERED = re.compile(r"instance\('([^']*)'\)/root/item(?:\[(.*)\])?\s*", re.DOTALL)
_LANGUAGE = re.compile(r".*\(([A-Za-z-]+)\)\s*")
_ROW = re.compile(r"\[row : (\d+)\]\s*")


@dataclass(frozen=True)
class Sheet:
    """One XLSForm. told: pyxform's tree of it. rows: the row in the sheet `survey` of each question, by its path.

    binds, filters, defaults, triggered: expressions as the XForm has them, their names resolved to paths, by question.
    """

    settings: Mapping[str, str]
    told: Mapping[str, Any]
    rows: Mapping[Names, int]
    xform: str
    binds: Mapping[Names, Mapping[str, str]] = field(default_factory=dict)
    filters: Mapping[Names, str] = field(default_factory=dict)
    defaults: Mapping[Names, str] = field(default_factory=dict)
    triggered: Mapping[Names, str] = field(default_factory=dict)

    def fault(self, path: Names, indonesian: str, english: str) -> BadForm:
        row = self.rows.get(path, "?")
        return BadForm(f"baris {row} ({path[-1]}): {indonesian}", f"row {row} ({path[-1]}): {english}")

    def translated(self, text: Any, column: str, path: Names) -> dict[str, str]:
        """A text as pyxform tells it, by language. Raises BadForm where one is missing."""
        found = {}
        for name, one in (text if isinstance(text, dict) else {}).items():
            named = _LANGUAGE.fullmatch(name)
            found[(named.group(1) if named else name).lower()] = str(one).strip()
        for language in LANGUAGES:
            if not found.get(language):
                raise self.fault(
                    path, f'"{column}" belum ada dalam bahasa "{language}".', f'"{column}" is missing in "{language}".'
                )
        return {language: found[language] for language in LANGUAGES}


def read_sheet(path: Path) -> Sheet:
    """Read an XLSForm and have pyxform make an XForm of it. Raises BadForm, OSError."""
    if path.suffix.lower() not in _SUFFIXES:
        raise BadForm(
            f"{path.name}: terbitkan XLSForm, berkas .xlsx atau .md.", f"{path.name}: publish an XLSForm (.xlsx or .md)."
        )
    if path.stat().st_size > MAX_BYTES:
        raise BadForm(f"{path.name}: lebih dari 4 MiB; ringkaskan.", f"{path.name}: more than 4 MiB; shorten it.")
    return _converted(path)


def _converted(path: Path) -> Sheet:
    # Loading pyxform takes half a second, which the server need not pay each time it starts.
    from pyxform.errors import PyXFormError
    from pyxform.xls2json_backends import get_xlsform
    from pyxform.xls2xform import convert

    rows: dict[Names, int] = {}
    try:
        book = get_xlsform(path.read_bytes(), file_type=path.suffix.lower())
        rows.update(_rows(book.survey or ()))
        settings = _settings(book)
        made = convert({name: getattr(book, name) for name in book.__slots__}, validate=False)
    except BadForm:
        raise
    except PyXFormError as error:
        raise _said(str(error), rows) from None
    except (AttributeError, IndexError, KeyError, TypeError, UnicodeDecodeError) as error:  # a table that is none
        raise _said(f"{type(error).__name__}: {error}", rows) from None
    binds, filters, defaults, triggered = _expressions(made.xform)
    return Sheet(settings, made._pyxform or {}, rows, made.xform, binds, filters, defaults, triggered)


def _said(message: str, rows: Mapping[Names, int]) -> BadForm:
    """What pyxform says, which is English alone; with the row where it tells one, or names a question."""
    text = " ".join(message.split())[:500]
    found = _ROW.search(text)
    named = {path[-1]: row for path, row in rows.items()}
    row = found.group(1) if found else next((named[name] for name in re.findall(r"'(\w+)'", text) if name in named), None)
    text = _ROW.sub("", text)
    if row is None:
        return BadForm(f"susunan XLSForm ini ditolak pyxform ({text})", f"pyxform can't read this XLSForm: {text}")
    return BadForm(f"baris {row}: susunannya ditolak pyxform ({text})", f"row {row}: {text}")


def _settings(book: Any) -> dict[str, str]:
    """The row of the sheet `settings`; the version and our namespace are ours to set, whatever stands there."""
    if not book.settings:
        raise BadForm('Lembar "settings" tidak ada.', 'There is no sheet "settings".')
    row = book.settings[0]
    settings = {str(name).strip().lower(): str(value).strip() for name, value in row.items() if value is not None}
    others = settings.get("namespaces", "")
    for name in [name for name in row if str(name).strip().lower() in ("version", "namespaces")]:
        del row[name]
    row["version"] = UNVERSIONED
    row["namespaces"] = others if "sambung=" in others else f"{others} {NAMESPACE}".strip()
    book.settings_header = [dict.fromkeys(row)]
    return settings


def _rows(survey: Sequence[Mapping[str, Any]]) -> Iterator[tuple[Names, int]]:
    """The path and row of each question, group and repeat. Two of one name are refused here, where the row is known."""
    around: list[str] = []
    seen: dict[str, int] = {}
    for row, told in enumerate(survey, start=2):
        kind, name = (_cell(told, column) for column in ("type", "name"))
        kind = kind.replace("_", " ").lower()
        if kind.startswith("end "):
            around = around[:-1]
            continue
        if not name:
            continue
        if kind.endswith(" or other"):
            raise BadForm(
                f"baris {row} ({name}): or_other tidak dikenal HP; tulis pilihan lain-lain di lembar choices.",
                f"row {row} ({name}): the phone has no or_other; write a choice for others in the sheet choices.",
            )
        if name in seen:
            raise BadForm(
                f'baris {row}: nama "{name}" sudah dipakai di baris {seen[name]}; beri nama lain.',
                f'row {row}: the name "{name}" is taken by row {seen[name]}; choose another.',
            )
        seen[name] = row
        yield (*around, name), row
        if kind.startswith("begin "):
            around = [*around, name]


def _cell(told: Mapping[str, Any], column: str) -> str:
    return next((str(value).strip() for name, value in told.items() if str(name).strip().lower() == column and value), "")


def _expressions(
    xform: str,
) -> tuple[dict[Names, Mapping[str, str]], dict[Names, str], dict[Names, str], dict[Names, str]]:
    """binds, filters, defaults and triggered calculations in an XForm, by the path of the question they are of."""
    binds: dict[Names, Mapping[str, str]] = {}
    filters: dict[Names, str] = {}
    defaults: dict[Names, str] = {}
    triggered: dict[Names, str] = {}
    for element in ElementTree.fromstring(xform).iter():
        tag = element.tag.rpartition("}")[2]
        if tag == "bind":
            binds[_names(element.get("nodeset", ""))] = element.attrib
        elif tag == "setvalue":
            is_triggered = "xforms-value-changed" in element.get("event", "")
            (triggered if is_triggered else defaults)[_names(element.get("ref", ""))] = element.get("value", "")
        elif tag in ("select", "select1"):
            itemset = next((inside for inside in element if inside.tag.endswith("}itemset")), None)
            found = _FILTERED.fullmatch(itemset.get("nodeset", "")) if itemset is not None else None
            if found and found.group(2):
                filters[_names(element.get("ref", ""))] = found.group(2)
    return binds, filters, defaults, triggered


def _names(path: str) -> Names:
    """("page", "sex") of `/data/page/sex`."""
    return tuple(path.strip().split("/")[2:])
