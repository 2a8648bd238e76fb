"""What a writer is handed: the columns, what a file tells of itself, and rows as they come, some at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from schemas.occupations import OCCUPATIONS
from schemas.problem import ENGLISH, Both
from server.export.lists import TRUTH, Column
from server.vocabulary import KINDS, VALUES

Row = list[Any]
"""A value for each column: text, int, float, bool or None; days as YYYY-MM-DD, moments as RFC 3339 in local time."""
Rows = Iterable[list[Row]]


class TooLong(Exception):
    """More rows than the format holds; `most` says how many it does."""

    def __init__(self, most: int) -> None:
        super().__init__(str(most))
        self.most = most


class Sheet(NamedTuple):
    """name: of the list, a plain word. about: what the file tells of itself, name -> text. key: see `Listed`."""

    name: str
    columns: list[Column]
    lang: str
    about: Mapping[str, str]
    key: str | None = None

    @property
    def headings(self) -> list[str]:
        return [self._pick(column.label) for column in self.columns]

    def _pick(self, both: Both) -> str:
        return both[1 if self.lang == ENGLISH else 0]

    def in_words(self, column: Column, value: Any) -> Any:
        """A value as a person reads it, where the column holds a code or a yes."""
        if column.type == TRUTH and isinstance(value, bool):
            return self._pick(("Ya", "Yes") if value else ("Tidak", "No"))
        if not column.coded or not isinstance(value, str):
            return value
        if value in OCCUPATIONS and column.name in ("occupation", "second_occupation"):
            return OCCUPATIONS[value].label(self.lang)
        both = KINDS.get(value) if column.name == "kind" else VALUES.get(value)
        return self._pick(both) if both else value


Write = Callable[[BinaryIO, Sheet, Rows, Path], None]
"""Writes a whole file to `out`. The folder is the writer's own to work in; whatever it leaves there is thrown away."""
