"""The one place that cuts what people read to their own region, and that nobody can forget.

Whoever asks as a person does so under `asking_within`: from then on, in that thread, every statement that reads a table of
people must carry a condition made by `inside` for his region or a part of it. One that does not is refused before
it reaches the database, whoever wrote it (`guard`, hooked into the engine by `server.db`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, or_, true
from sqlalchemy.sql import visitors
from sqlalchemy.sql.elements import BindParameter
from sqlalchemy.sql.schema import Table

from schemas.region import NATION, within
from server.store import desk_tables, programme_tables
from server.store.tables import Id


PERSONAL = desk_tables.PERSONAL | programme_tables.PERSONAL
"""Tables that tell of people: what a desk reads of them must be cut to its region."""


class Scope(str):
    """A region's code that somebody may see: only `server.auth` makes one, after it looked at his account."""

    __slots__ = ()


class Unscoped(RuntimeError):
    """A statement would have read people without being cut to the region of who asks. It was not run."""


_asking: ContextVar[Scope | None] = ContextVar("asking", default=None)
_MARK = "scope"


@contextmanager
def asking_within(scope: Scope | None) -> Iterator[None]:
    """What is read in this block is read for somebody of that region; None: by the server for itself."""
    token = _asking.set(scope)
    try:
        yield
    finally:
        _asking.reset(token)


def ask_within(scope: Scope | None) -> None:
    """The same from now on in this thread; a door says it anew for each request."""
    _asking.set(scope)


@contextmanager
def for_itself() -> Iterator[None]:
    """The server reads for itself, and checks or adds up what it found before anybody is told.

    Say why beside each use: it is the only way around the guard.
    """
    with asking_within(None):
        yield


def inside(column: Any, scope: str) -> ColumnElement[bool]:
    """Whether a column's region code lies in a region."""
    if scope == NATION:
        return true()
    here = column == bindparam(_MARK, str(scope), unique=True)
    if column.type is Id:  # compared byte by byte: a range, which an index serves; "/" comes next after "."
        low, high = (bindparam(_MARK, scope + end, unique=True) for end in "./")
        return or_(here, and_(column > low, column < high))
    return or_(here, column.startswith(bindparam(_MARK, scope + ".", unique=True)))


def guard(statement: Any) -> None:
    """Raises Unscoped for a statement that reads people outside the region of who asks now."""
    asked = _asking.get()
    if asked is None or asked == NATION or not hasattr(statement, "get_children"):
        return
    tables, scopes = set(), []
    for element in visitors.iterate(statement):
        if isinstance(element, Table):
            tables.add(element.name)
        elif isinstance(element, BindParameter) and element._orig_key == _MARK:
            scopes.append(str(element.value).rstrip("./"))
    if tables & PERSONAL and not (scopes and all(within(scope, asked) for scope in scopes)):
        raise Unscoped(", ".join(sorted(tables & PERSONAL)))
