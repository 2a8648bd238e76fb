"""What a kind of record is: one table of fields, and how a change to it is judged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import copy
from datetime import date
from typing import Any, NamedTuple

from marshmallow import Schema, ValidationError

from schemas import fast, fields, storable
from schemas.change import canonical
from schemas.policy import LATEST

Errors = dict[str, list[str]]


class Judged(NamedTuple):
    """What became of the fields of one change.

    fields: the normalised values, and the same dict as was given when nothing had to change; {} where there are errors.
    errors: {} when it is good; else field -> codes of `schemas.problem.COMPLAINTS`, with parameters: "too-long:100".
    """

    fields: dict[str, Any]
    errors: Errors


class Kind:
    """One kind of record. `schema` holds its fields; what each means stands in the metadata of that table.

    home_field: the field that says where the record's home is, if one does. refers: the field that holds the id of
    another record that this one is about. desk_only: no phone may write it. to_phones: phones are told of it.
    """

    has_fixed_ids = False  # whether the id of a record says what it is of: see `fixed_id`

    def __init__(
        self,
        name: str,
        table: type[fields.Table],
        *,
        home_field: str | None = None,
        refers: str | None = None,
        desk_only: bool = False,
        to_phones: bool = True,
    ) -> None:
        self.name = name
        self.schema: Schema = table(partial=True)
        self.home_field, self.refers, self.desk_only, self.to_phones = home_field, refers, desk_only, to_phones
        self._meaning = {field: told.metadata for field, told in self.schema.fields.items()}
        self._needed = [field for field, meaning in self._meaning.items() if meaning["needed"]]
        self._unchanged = fast.predicate(self.schema)

    def named(self, name: str) -> Kind:
        """The same kind under another name."""
        other = copy(self)
        other.name = name
        return other

    def fixed_id(self, record: str) -> str | None:
        """The village in an id that this kind forms itself; None when it forms none, or not so."""
        return None

    def policy(self, field: str) -> str:
        """How the field is decided between several edits; `latest` for what we do not know."""
        return self._meaning[field]["policy"] if field in self._meaning else LATEST

    def privacy(self, field: str) -> str:
        """`open`, `personal` or `sensitive`; what we do not know is personal."""
        return self._meaning[field]["privacy"] if field in self._meaning else fields.PERSONAL

    def order(self, field: str, value: Any) -> tuple[int, Any]:
        """A key to sort values of a `greatest` field by: null lowest, then as the field's list of words has them."""
        if value is None:
            return 0, 0
        told = self.schema.fields.get(field)
        if isinstance(told, fields.Choice):
            return 1, told.words.index(value) if value in told.words else -1
        if isinstance(value, bool | int | float):
            return 1, value
        return (2, value) if isinstance(value, str) else (3, canonical(value))

    def judge(self, given: dict[str, Any], *, desk: bool, today: date) -> Judged:
        """Judge one change by itself: only the fields given are looked at.

        given: any JSON object a phone may send. desk: whether a desk wrote it. today: that of the village.
        """
        if type(given) is dict and self._unchanged(given, desk, today):
            return Judged(given, {})
        return self._judge_slowly(given, desk, today)

    def lacking(self, record: Mapping[str, Any]) -> list[str]:
        """The required fields that a record does not have yet."""
        return [field for field in self._needed if not (value := record.get(field)) and is_blank(value)]

    def warnings(self, record: Mapping[str, Any], lang: str) -> list[dict[str, str]]:
        """What an officer should look at again though nothing is wrong: [{"field", "text"}]."""
        return []

    def _judge_slowly(self, given: Any, desk: bool, today: date) -> Judged:
        if type(given) is not dict:
            return Judged({}, {"fields": ["not-an-object"]})
        errors = _unstorable(given)
        values = {name: value for name, value in given.items() if type(name) is str and name not in errors}
        try:
            values = self.schema.load(values)
        except ValidationError as error:
            values = error.valid_data  # type: ignore[assignment]
            errors |= {field: list(_codes(messages)) for field, messages in error.normalized_messages().items()}
        self._across(given, values, errors)
        self._add_rules(values, errors, desk, today)
        if errors:
            return Judged({}, errors)
        # A text that was looked at closely is another object and says the same: nothing had to change all the same.
        unchanged = fields.same_parts(values, given) or canonical(values) == canonical(given)
        return Judged(given if unchanged else values, {})

    def _across(self, given: dict[str, Any], values: dict[str, Any], errors: Errors) -> None:
        """What one field of a change excuses in another; none here."""

    def _add_rules(self, values: dict[str, Any], errors: Errors, desk: bool, today: date) -> None:
        """What depends on who writes and when: desks' fields and values, days that can't lie ahead."""
        for field in values.keys() & self._meaning.keys():
            meaning, value = self._meaning[field], values[field]
            if meaning["desk_only"] and not desk:
                errors[field] = ["desk-only-field"]
            elif not desk and isinstance(value, str) and value in meaning["desk_values"]:
                errors[field] = [f"desk-only-value:{value}"]
            elif meaning["no_future"] and value is not None and fields.day_of(value) > today:
                errors[field] = ["future-day"]


def is_blank(value: Any) -> bool:
    """Nothing was written: null, no text, an empty list."""
    return value is None or value == "" or value == []


def _unstorable(given: dict[str, Any]) -> Errors:
    """Names and values that can't be kept. The names are written so that they can, at least as a complaint."""
    errors: Errors = {}
    for name, value in given.items():
        code = storable.fault_of_name(name) or storable.fault(value)
        if code:
            errors.setdefault(_as_text(name), []).append(code)
    return errors


def _as_text(name: Any) -> str:
    shown = str(name).encode("ascii", "backslashreplace").decode() if not _is_plain(name) else name
    return shown.replace("\0", "\\0")[: storable.MAX_NAME]


def _is_plain(name: Any) -> bool:
    return type(name) is str and storable.is_clean(name)


def _codes(messages: Any, path: str = "") -> Iterator[str]:
    """The codes in what marshmallow reports of one field; of the parts of an object each with its path."""
    if isinstance(messages, dict):
        for part, inner in messages.items():
            yield from _codes(inner, f"{path}.{part}" if path else str(part))
    else:
        for code in messages:
            yield f"inside:{path}:{code}" if path else code
