"""The form by which desks enter a record of a region: drawn from its kind, read back, faults beside the fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from schemas.change import dumps, loads
from schemas.kinds import REGIONAL
from server.actions.entries import Entry, new_key
from server.actions.settle import BadFields
from server.console.door import Asking
from server.console.inputs import Filled, Input, answered, asked, with_chosen
from server.console.words import Words


class Line(NamedTuple):
    """One field. hint: what to write, in the reader's language; faults: what is wrong with what was written."""

    field: str
    input: Input
    is_needed: bool
    hint: str
    faults: list[str]


class EntryForm(NamedTuple):
    """key: of a record that is begun, so that sending it twice makes one; seen: what the page was made of, as JSON.

    faults: what is wrong with no field of it.
    """

    kind: str
    record: str | None
    key: str
    seen: str
    lines: list[Line]
    faults: list[str]


Choices = Mapping[str, Sequence[tuple[str, str]]]


def entry_form(
    asking: Asking, kind: str, fields: Sequence[str], entry: Entry | None = None, *, said: Filled | None = None,
    bad: BadFields | None = None, choices: Choices | None = None, hints: Mapping[str, tuple[str, str]] | None = None,
    given: Mapping[str, Any] | None = None,
) -> EntryForm:  # fmt: skip
    """The form for these fields of a new record, or of `entry`.

    said: what was sent and could not be taken, to stand in it again; bad: what is wrong with it. choices: field -> what may
    be chosen, where the table alone does not say. given: what a new one begins with.
    """
    known, words = REGIONAL[kind], Words(asking.lang)
    values: Mapping[str, Any] = entry.fields if entry else given or {}
    if said is not None:
        values = dict(values) | read_entry(kind, fields, said)
    told = asking.complain(bad.errors) if bad else {}
    needed = set(known.lacking({}))
    lines = []
    for field in fields:
        value = values.get(field)
        control = asked(known, field, value, field, words)
        if choices and field in choices:
            chosen = "" if value is None else str(value)
            offered = with_chosen(tuple(choices[field]), chosen)  # what is offered no more is not lost by saving
            control = Input(field, control.label, "choice", chosen, offered)
        hint = words.pick(hints[field]) if hints and field in hints else ""
        lines.append(Line(field, control, field in needed, hint, told.pop(field, [])))
    key, seen = new_key(), "{}"
    if said is not None:
        key, seen = said.get("key") or key, said.get("seen") or seen
    elif entry is not None:
        seen = dumps(entry.seen)
    rest = [sentence for sentences in told.values() for sentence in sentences]
    return EntryForm(kind, entry.record if entry else None, key, seen, lines, rest)


def read_entry(kind: str, fields: Sequence[str], said: Filled) -> dict[str, Any]:
    """What was typed: field -> value, None where nothing was."""
    return {field: answered(REGIONAL[kind], field, said, field) for field in fields}


def read_seen(said: Filled) -> dict[str, int]:
    """What the page was made of. Something else than that is as good as nothing: the change is refused as not seen."""
    try:
        seen = loads(said.get("seen") or "{}")
    except ValueError:
        return {}
    is_so = isinstance(seen, dict) and all(isinstance(name, str) and type(seq) is int for name, seq in seen.items())
    return seen if is_so else {}
