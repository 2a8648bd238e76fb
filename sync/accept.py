"""What of a batch is taken, and how each change of it is judged by itself (protocol section 3, promises 2 to 5)."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from schemas.change import MAX_SEQ, NOTHING_SEEN, Change, is_desk, to_ms
from schemas.kinds import Kind, kind_of
from schemas.region import is_shape
from sync.effective_time import effective

Sent = Mapping[str, Any]
Errors = dict[str, list[str]]

RECORD_ID = re.compile(r"[A-Za-z0-9:_.-]{1,64}\Z")
KIND_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")
MAX_DEVICES_SEEN = 1000


class Gap(Exception):
    """The first change sent lies beyond the one that the server waits for: nothing of the batch is taken."""


class Forked(Exception):
    """The device said something else under a `seq` that it had used: it has a twin, or was set back."""

    def __init__(self, seq: int) -> None:
        super().__init__(seq)
        self.seq = seq


class Taken(NamedTuple):
    """A batch, sorted.

    new: to be judged, in seq order without holes. known: seqs that were received before. late: given up before, come
    all the same. lost: runs (first, last) that the device no longer has. acked: the highest seq that is then durable.
    """

    new: list[Sent]
    known: list[int]
    late: list[Sent]
    lost: list[tuple[int, int]]
    acked: int


def take(
    sent: Sequence[Sent], acked: int, known: Mapping[int, bytes], hash_of: Callable[[Sent], bytes], lost_to: int, most: int
) -> Taken:
    """Sort a batch whose changes stand in seq order.

    acked: the device's highest durable seq. known: seq -> hash of those sent that the log has. lost_to: up to where
    the device says it no longer holds what it does not send. most: how many new ones, and late ones, are taken at the most.
    Raises Gap or Forked, and then nothing of the batch may be stored.
    """
    if sent and sent[0]["seq"] > max(acked, lost_to) + 1:
        raise Gap
    hashes = dict(known)
    taken = Taken([], [], [], [], acked)
    reach, open_ended = acked, True
    for change in sent:
        seq = change["seq"]
        if seq in hashes:
            if hashes[seq] != hash_of(change):
                raise Forked(seq)
            if seq in known:
                taken.known.append(seq)
        elif seq <= acked:
            hashes[seq] = hash_of(change)
            if len(taken.late) < most:
                taken.late.append(change)
        elif open_ended:
            reach = _step_over(reach, min(lost_to, seq - 1), taken.lost)
            open_ended = seq == reach + 1 and len(taken.new) < most
            if open_ended:
                hashes[seq] = hash_of(change)
                taken.new.append(change)
                reach = seq
    if open_ended:
        reach = _step_over(reach, lost_to, taken.lost)
    return taken._replace(acked=reach)


def _step_over(reach: int, last: int, lost: list[tuple[int, int]]) -> int:
    """Go on behind a run that the device has given up, and note the run."""
    if last <= reach:
        return reach
    lost.append((reach + 1, last))
    return last


class Judging(NamedTuple):
    """What the judgement of one device's batch goes by; the same for all its changes.

    villages: those of the device. seen_limit: device -> the highest seq of its that anybody may have seen, None where
    the server was restored and has not heard from it since. known_village: whether a code is a region of today.
    """

    device: str
    villages: Collection[str]
    offset: int
    received_at: int
    today: date
    seen_limit: Callable[[str], int | None]
    known_village: Callable[[str], bool]


def judge(sent: Sent, by: Judging, previous: int) -> tuple[Change, Errors]:
    """Judge one change by itself, once, at its receipt: types, shapes, and what it claims to have seen.

    previous: effective time of the device's change before it. Whatever was sent, a Change comes back that can be
    stored; errors not empty means quarantine. Whether it lies in the device's scope is judged where it meets its
    record (`sync.place`).
    """
    errors: Errors = {}
    at = to_ms(sent.get("at"))
    if at is None:
        errors["at"] = ["bad-at"]
    kind, record, village = sent.get("kind"), sent.get("record"), sent.get("village")
    if type(kind) is not str or not KIND_NAME.match(kind):
        errors["kind"] = ["bad-kind"]
    if type(record) is not str or not RECORD_ID.match(record):
        errors["record"] = ["bad-record-id"]
    if type(village) is not str or not is_shape(village):
        errors["village"] = ["unknown-village"]
    if not _is_form(sent.get("form")):
        errors["form"] = ["bad-form"]
    desk = is_desk(by.device)
    seen = _seen(sent.get("seen"), by, desk, errors)
    fields = sent.get("fields")
    if type(fields) is not dict:
        errors["fields"] = ["no-fields"]
    if not errors:
        fields = _judge_fields(kind_of(kind), record, fields, by, desk, errors)
    # One whose time can't be read must not drag those after it to the time of their receipt.
    counts_at = previous if at is None else effective(at, by.offset, by.received_at, previous)
    if errors:
        kind, record, village = _text(kind, 40), _text(record, 64), _text(village, 13)
        fields = fields if type(fields) is dict else {}
    said_at = sent.get("at") if at is not None else _text(sent.get("at"), 40) or None
    return Change(
        by.device, sent["seq"], kind, record, village, seen, said_at, counts_at, by.received_at, fields
    ), errors  # fmt: skip


def _judge_fields(
    kind: Kind, record: str, fields: dict[str, Any], by: Judging, desk: bool, errors: Errors
) -> dict[str, Any]:
    if kind.desk_only and not desk:
        errors["kind"] = ["desk-only-kind"]
    if kind.has_fixed_ids and kind.fixed_id(record) is None:
        errors["record"] = ["bad-record-id"]
    judged = kind.judge(fields, desk=desk, today=by.today)
    errors.update(judged.errors)
    home = judged.fields.get(kind.home_field) if kind.home_field else None
    if type(home) is str and kind.home_field not in errors and home not in by.villages and not by.known_village(home):
        errors[kind.home_field] = ["unknown-village"]
    return fields if errors else judged.fields


def _seen(seen: object, by: Judging, desk: bool, errors: Errors) -> Mapping[str, int]:
    """What the author had seen; of a phone without itself, since what it did before is understood."""
    if not seen:
        if seen is not None and type(seen) is not dict:
            errors["seen"] = ["bad-seen"]
        return NOTHING_SEEN
    if type(seen) is not dict or len(seen) > MAX_DEVICES_SEEN or not all(map(_is_seen, seen.items())):
        errors["seen"] = ["bad-seen"]
        return NOTHING_SEEN
    if not desk and by.device in seen:
        seen = {device: seq for device, seq in seen.items() if device != by.device}
    if 0 in seen.values():  # nothing of a device was seen: the same as not naming it
        seen = {device: seq for device, seq in seen.items() if seq}
    for device, seq in seen.items():
        limit = by.seen_limit(device)
        if limit is not None and seq > limit:
            errors["seen"] = ["seen-ahead"]
    return seen


def _is_seen(item: tuple[object, object]) -> bool:
    device, seq = item
    return (
        type(device) is str and len(device) <= 40 and device.isascii() and device.isalnum()
        and type(seq) is int and 0 <= seq <= MAX_SEQ
    )  # fmt: skip


def _is_form(form: object) -> bool:
    return form is None or (type(form) is str and len(form) <= 100 and form.isprintable())


def _text(value: object, most: int) -> str:
    """What of an unreadable value fits the log's columns; the whole of it is kept beside, as sent."""
    return value if type(value) is str and len(value) <= most and value.isascii() and value.isprintable() else ""
