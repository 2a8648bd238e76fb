"""What every field of ours can say of itself, and how it refuses a value."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from marshmallow import INCLUDE, Schema, ValidationError

from schemas import storable
from schemas.policy import LATEST

OPEN = "open"
"""Says nothing about who it is: may stand in figures and in lists that leave the office."""
PERSONAL = "personal"
"""Names or describes a person: for those whose region and task it is."""
SENSITIVE = "sensitive"
"""Specific data of UU 27/2022 article 4 (health, biometrics, children, finance), and what opens other doors."""

Tools = dict[str, Any]


class Table(Schema):
    """A table of fields. What a newer phone adds is kept."""

    class Meta:
        unknown = INCLUDE


class Told:
    """What every field of ours can say of itself; `required` is for the parts of an object, `needed` for records."""

    def __init__(
        self,
        *args: Any,
        policy: str = LATEST,
        privacy: str = PERSONAL,
        needed: bool = False,
        desk_only: bool = False,
        desk_values: Collection[str] = (),
        no_future: bool = False,
        required: bool = False,
        shape: dict[str, Any] | None = None,
    ) -> None:
        meaning = {"policy": policy, "privacy": privacy, "needed": needed, "desk_only": desk_only}
        rules = {"desk_values": frozenset(desk_values), "no_future": no_future}
        may_be_null = not (needed or required)
        if shape and may_be_null and "enum" in shape:
            shape = shape | {"enum": [*shape["enum"], None]}
        super().__init__(  # type: ignore[call-arg]
            *args,
            required=required,
            allow_none=may_be_null,
            error_messages={"required": "required", "null": "required"},
            metadata={**meaning, **rules, **(shape or {})},
        )

    def unchanged(self, value: str, tools: Tools) -> str:
        """An expression over the variable named `value`; whatever it calls is put into `tools` by a name of its own.

        Only reached by JSON values that are not None. It may raise AttributeError, LookupError, TypeError or
        ValueError, which count as false: a method of texts refuses a number as a look at its type would, for nothing.
        """
        return "False"


def refuse(code: str) -> ValidationError:
    return ValidationError(code)


def text_of(value: Any, longest: int) -> str:
    """`value` as neat text. Raises ValidationError."""
    if type(value) is not str:
        raise refuse("not-text")
    if not storable.is_clean(value):
        raise refuse("text-unclean")
    if len(value) > 4 * longest + 1000:  # before the dear work
        raise refuse(f"too-long:{longest}")
    text = storable.neat(value)
    if len(text) > longest:
        raise refuse(f"too-long:{longest}")
    return text
