"""Forms as they were published: a version is never changed and never goes."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, func, select

from server.store import tables as t
from server.store.bulk import add


class Form(NamedTuple):
    """body: the form's JSON as it is served. published_at: milliseconds. title: JSON, by language.

    kind, does, title, source: None in what was published as bare JSON, before forms were XLSForms.
    source: a hash of the file that it was made of. shipped: that file came with the program.
    """

    name: str
    version: int
    body: str
    published_at: int
    kind: str | None
    does: str | None
    title: str | None
    source: str | None
    shipped: bool


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


def read_xform(connection: Connection, name: str, version: int) -> str | None:
    """The XForm of that version, as ODK Collect fetches it."""
    asked = select(t.form.c.xform).where(t.form.c.name == name, t.form.c.version == version)
    return connection.scalar(asked)


def publish(connection: Connection, form: Form, xform: str) -> None:
    """Raises Clash where another has just published that version."""
    add(connection, t.form, [form._asdict() | {"xform": xform}])
