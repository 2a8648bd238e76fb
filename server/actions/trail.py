"""The audit log as it is read: who looked at and changed what, found by person, by who, by act, by day."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any, NamedTuple

from schemas.change import loads
from server import audit
from server.db import Connection, reading
from server.store import audit as chain
from server.store import auditing as store
from server.store import rights
from server.store.auditing import Asked
from server.store.scoping import Scope, for_itself

AT_ONCE = 50
ACCOUNT, DEVICE, JOB = "account:", "device:", "job:"
_WHO = re.compile(r"account:[0-9]{1,15}|device:[a-z0-9]{1,40}|job:[a-z-]{1,40}")


class Line(NamedTuple):
    """An entry. about: what stands there besides; records: the people whom it names, some of them where there are many."""

    id: int
    at: int
    who: str
    act: str
    region: str | None
    record: str | None
    about: dict[str, Any]
    hash: str


class Read(NamedTuple):
    """lines: newest first. who: `account:7` -> a name. names: record -> who that is, of those in the region.

    next: the number behind which the list goes on.
    """

    lines: list[Line]
    who: dict[str, str]
    names: dict[str, str]
    next: int | None


def read(scope: Scope, asked: Asked, before: int | None) -> Read:
    """A page of the log, inside the region; reading it is an entry too."""
    with reading() as connection:
        rows = store.entries(connection, scope, asked, before, AT_ONCE + 1)
        lines = [_line(row) for row in rows[:AT_ONCE]]
        names = rights.names(connection, scope, {line.record for line in lines if line.record})
        who = names_of(connection, {line.who for line in lines})
    looked_for = {name: value for name, value in asked._asdict().items() if value is not None and name != "record"}
    shown = [lines[-1].id, lines[0].id] if lines else []
    audit.look("read-log", region=scope, record=asked.record, shown=shown, **{f"by_{k}": v for k, v in looked_for.items()})
    return Read(lines, who, names, lines[-1].id if len(rows) > AT_ONCE else None)


def _line(row: Any) -> Line:
    return Line(row.id, row.at, row.who, row.act, row.region, row.record, loads(row.about), bytes(row.hash).hex())


def names_of(connection: Connection, who: Collection[str]) -> dict[str, str]:
    """`account:7`, `device:7k4q9w` -> the name of the account, of the phone's officer."""
    numbers = {int(each[len(ACCOUNT) :]): each for each in who if each.startswith(ACCOUNT)}
    devices = {each[len(DEVICE) :]: each for each in who if each.startswith(DEVICE)}
    with for_itself():  # who did something in the region is told to who may read its log, wherever he belongs
        accounts = store.account_names(connection, numbers.keys())
        holders = store.holders(connection, devices.keys())
    return {numbers[number]: name for number, name in accounts.items()} | {
        devices[device]: name for device, name in holders.items()
    }


def who_is(text: str) -> str | None:
    """What was typed as who: an account's name, a phone's id, a job's name; None where there is none such."""
    if text in (audit.MACHINE, "nobody") or _WHO.fullmatch(text):
        return text
    with reading() as connection, for_itself():  # finds the number of a name; what he did is cut to the region
        accounts = store.accounts_named(connection, text)
        if accounts:
            return f"{ACCOUNT}{accounts[0]}"
        return f"{DEVICE}{text}" if text in store.holders(connection, [text]) else None


def length() -> int:
    """How many entries the log has."""
    with reading() as connection:
        return chain.head(connection)[0]
