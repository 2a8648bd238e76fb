"""Send a device what changed in its villages, and what became of its changes since (protocol section 3, 6 and 7)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from schemas.change import dumps, from_ms, loads
from schemas.kinds import kind_of
from schemas.problem import complain
from server.actions.receive import as_they_stand
from server.db import Connection, reading, snapshot, transaction
from server.store import devices
from server.store.changes import Verdict
from server.store.devices import Device
from server.store.feed import Cursor, Entry, feed
from server.store.streams import positions

MOST_MAIL = 200


class Sent(NamedTuple):
    """records: JSON texts, each a whole record or a tombstone. cursors: exactly the device's villages, and "device"."""

    records: list[str]
    cursors: dict[str, int]
    more: bool
    verdicts: list[Verdict]
    notices: list[dict[str, Any]]


def send(device: Device, cursors: Mapping[str, int], epoch: str | None, limit: int, lang: str) -> Sent:
    """Tell a device what it has not got yet.

    cursors: up to where it has each village's stream, as it says. epoch: of which life these are; None counts as
    ours. limit: bytes of records; at least one due record is told however small it is.
    """
    ours = device.life.epoch
    # As of one moment: a record that the device itself edits between two pages must not slip from one list to another.
    with snapshot() as connection:
        usable = cursors if epoch in (None, ours) else {}
        heads = positions(connection, device.villages)
        since = {village: Cursor.read(usable.get(village), heads[village]) for village in device.villages}
        told, at, more = _records(connection, device, since, heads, limit, lang)
        confirmed = max(usable.get("device", 0), 0)
        letters = devices.read_mail(connection, device.id)
    if any(letter["position"] is None or letter["position"] <= confirmed for letter in letters):
        letters, confirmed = _deliver(device, confirmed)
    at["device"] = max([min(confirmed, device.mailed), *(letter["position"] for letter in letters)])
    notices = [_notice(letter, lang) for letter in letters if letter["code"] or letter["note"]]
    return Sent(told, at, more, _results(device, letters), notices)


def _results(device: Device, letters: list[dict[str, Any]]) -> list[Verdict]:
    """What became, since, of changes that were only received."""
    seqs = sorted({letter["seq"] for letter in letters if letter["seq"]})
    if not seqs:
        return []
    with reading() as connection:
        return as_they_stand(connection, device.id, seqs)


def _deliver(device: Device, at: int) -> tuple[list[dict[str, Any]], int]:
    """Drop the mail that the device has confirmed, and number what was never told; gives what is to be told."""
    with transaction() as connection:
        locked = devices.lock(connection, device.id)
        assert locked is not None  # a device's row is never deleted
        confirmed = at if at <= locked.mailed else 0
        devices.drop_mail(connection, device.id, confirmed)
        lying = [each for each in devices.read_mail(connection, device.id) if each["position"] is not None]
        devices.number_mail(connection, device.id, locked.mailed, max(MOST_MAIL - len(lying), 0))
        letters = [each for each in devices.read_mail(connection, device.id) if each["position"] is not None]
    return letters, confirmed


def _records(
    connection: Connection, device: Device, since: Mapping[str, Cursor], heads: Mapping[str, int], limit: int, lang: str
) -> tuple[list[str], dict[str, int], bool]:
    """The due records of all villages, up to `limit` bytes; the cursors then; whether `limit` cut."""
    told: list[str] = []
    at = {village: cursor.number for village, cursor in since.items()}
    villages, size = frozenset(device.villages), 0
    for village, cursor in since.items():
        for entry in feed(connection, village, cursor, device.id, heads[village]):
            text = tell(entry, villages, lang)
            if text is not None:
                size += len(text) if text.isascii() else len(text.encode())
                if told and size > limit:
                    return told, at, True
                told.append(text)
            at[village] = Cursor(entry.position, cursor.all).number
        at[village] = Cursor(heads[village], False).number
    return told, at, False


def tell(entry: Entry, villages: Collection[str], lang: str) -> str | None:
    """One entry of a stream as JSON; None when this device need not be told of it."""
    if entry.gone:
        if entry.gone == "moved" and entry.village in villages:
            return None  # it is told the record instead
        into = f',"into":{dumps(entry.into)}' if entry.gone == "linked" else ""
        return f'{{"record":{dumps(entry.record)},"gone":"{entry.gone}"{into}}}'
    if not kind_of(entry.kind).to_phones:
        return None
    return record_json(entry, lang)


def record_json(entry: Entry, lang: str) -> str:
    """A whole record, as in protocol section 3; its parts are stored as they are told."""
    conflicts = f',"conflicts":{entry.conflicts}' if entry.conflicts else ""
    derived = derive(entry, lang)
    derived_text = f',"derived":{dumps(derived)}' if derived else ""
    return (
        f'{{"kind":{dumps(entry.kind)},"record":{dumps(entry.record)},"village":{dumps(entry.village)},'
        f'"version":{entry.version},"seen":{entry.seen},"fields":{entry.fields}{conflicts}{derived_text}}}'
    )


def derive(entry: Entry, lang: str) -> dict[str, Any]:
    """What the server works out of a record for the phone; it takes no part in merging."""
    kind, fields = kind_of(entry.kind), loads(entry.fields or "{}")
    derived: dict[str, Any] = loads(entry.derived) if entry.derived else {}
    if entry.incomplete:
        derived["incomplete"] = kind.lacking(fields)
    warnings = kind.warnings(fields, lang)
    if warnings:
        derived["warnings"] = warnings
    return derived


def _notice(letter: Mapping[str, Any], lang: str) -> dict[str, Any]:
    """What a desk wrote itself (`why` is returned) asks the officer to look at the record again."""
    told = {"id": letter["position"], "record": letter["record"]}
    if letter["note"]:
        return told | {"text": letter["note"], "at": from_ms(letter["at"]), "why": "returned"}
    return told | {"text": complain(letter["code"], lang), "at": from_ms(letter["at"])}
