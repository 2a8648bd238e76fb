"""Forms as they were published: a version is never changed and never goes."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, func, select

from server.store import tables as t
from server.store.bulk import add


class Form(NamedTuple):
    """body: the form's JSON as it is served. published_at: milliseconds."""

    name: str
    version: int
    body: str
    published_at: int


_FORM = tuple(t.form.c[name] for name in Form._fields)


def newest(connection: Connection, name: str | None = None) -> list[Form]:
    """The newest version of every form, or of one, in the order of names."""
    last = select(t.form.c.name, func.max(t.form.c.version).label("version")).group_by(t.form.c.name).subquery()
    query = (
        select(*_FORM).join(last, (last.c.name == t.form.c.name) & (last.c.version == t.form.c.version))
        .order_by(t.form.c.name)
    )  # fmt: skip
    if name is not None:
        query = query.where(t.form.c.name == name)
    return [Form(*row) for row in connection.execute(query)]


def read(connection: Connection, name: str, version: int) -> Form | None:
    row = connection.execute(select(*_FORM).where(t.form.c.name == name, t.form.c.version == version)).first()
    return Form(*row) if row else None


def publish(connection: Connection, form: Form) -> None:
    """Raises SQLAlchemy's IntegrityError where another has just published that version."""
    add(connection, t.form, [form._asdict()])
