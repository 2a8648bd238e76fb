"""Forms as administrators look at them: every version, and which of them phones fill in."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from server.store import tables as t
from server.store.forms import _FORM, Form
from server.store.scoping import for_itself

MOST_PHONES = 5000


def all_versions(connection: Connection) -> list[Form]:
    """Every version of every form, by name, the newest first."""
    query = select(*_FORM).order_by(t.form.c.name, t.form.c.version.desc())
    return [Form(*row) for row in connection.execute(query)]


def last_used(connection: Connection) -> dict[str, tuple[int, int]]:
    """Form and version ("worker@3") -> on how many phones the last entry was made with it, and when the last of these came.

    One look-up a phone, so the log's length does not matter.
    """
    phones = (
        select(t.device.c.id).where(t.device.c.revoked_at.is_(None), t.device.c.contact_at.is_not(None))
        .order_by(t.device.c.contact_at.desc()).limit(MOST_PHONES).subquery()
    )  # fmt: skip
    newest = (
        select(func.max(t.change.c.seq)).where(t.change.c.device == phones.c.id, t.change.c.form.is_not(None))
        .correlate(phones).scalar_subquery()
    )  # fmt: skip
    query = select(t.change.c.form, func.count(), func.max(t.change.c.received)).join(
        phones, (t.change.c.device == phones.c.id) & (t.change.c.seq == newest)
    ).group_by(t.change.c.form)  # fmt: skip
    with for_itself():  # numbers of phones and a time, of nobody
        return {form: (int(count), int(at)) for form, count, at in connection.execute(query)}
