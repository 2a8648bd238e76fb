"""One plain predicate generated from a table: "marshmallow would take these fields unchanged".

marshmallow costs about 100 microseconds a record, most of it in its own loop over the fields. Nearly every change is
good as it stands; for those the predicate answers in a few microseconds, and whatever it does not vouch for goes
the long way, which alone says what is wrong. So there is one definition, the table, and no second set of rules: each
field type says its own expression (`schemas.fields`), and a test holds the two against each other.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from marshmallow import Schema

from schemas import storable
from schemas.fields import Thing, Things, Told, Tools

Check = Callable[[dict[str, Any], bool, date], bool]


def predicate(schema: Schema) -> Check:
    """`unchanged(fields, desk, today)` for a table: True only if every field given would be kept as it stands.

    fields: a dict as JSON gives it, with any of the table's fields and others. desk: whether a desk writes it.
    """
    tools: Tools = {"others_keep": _others_keep, "known": frozenset(schema.fields)}
    lines = ["def unchanged(fields, desk, today):", "  try:", "    count = 0"]
    for name, field in schema.fields.items():
        lines += _lines(name, field, tools)
    lines += [
        "  except (AttributeError, LookupError, TypeError, ValueError):",
        "    return False",
        "  return count == len(fields) or others_keep(fields, known)",
    ]
    exec(compile("\n".join(lines), f"<{type(schema).__name__} unchanged>", "exec"), tools)  # text of our own making
    return tools["unchanged"]


def _lines(name: str, field: Any, tools: Tools) -> list[str]:
    """The lines that look at one field."""
    absent = ["    else:", "      return False"] if field.required else []
    return [
        f"    if {name!r} in fields:",
        f"      v = fields[{name!r}]",
        f"      if not ({_condition(field, tools)}):",
        "        return False",
        "      count += 1",
        *absent,
    ]


def _condition(field: Any, tools: Tools) -> str:
    condition = _expression(field, tools)
    if field.allow_none:
        condition = f"(v is None or {condition})"
    if values := field.metadata.get("desk_values"):
        condition = f"{condition} and (desk or v not in {set(values)!r})"
    return f"desk and {condition}" if field.metadata.get("desk_only") else condition


def _expression(field: Any, tools: Tools) -> str:
    if isinstance(field, Thing):
        name = f"inner_{len(tools)}"
        tools[name] = predicate(field.table)
        return f"type(v) is dict and {name}(v, desk, today)"
    if isinstance(field, Things):
        name = f"inner_{len(tools)}"
        tools[name] = _each(predicate(field.thing.table), field.most)
        return f"type(v) is list and {name}(v, desk, today)"
    return f"({field.unchanged('v', tools)})" if isinstance(field, Told) else "False"


def _each(unchanged: Check, most: int) -> Callable[[list[Any], bool, date], bool]:
    def each(things: list[Any], desk: bool, today: date) -> bool:
        return len(things) <= most and all(type(one) is dict and unchanged(one, desk, today) for one in things)

    return each


def _others_keep(fields: dict[str, Any], known: frozenset[str]) -> bool:
    """Whether what the table does not name can be kept: looked at only when there is some."""
    others = [name for name in fields if name not in known]
    return all(storable.fault_of_name(name) is None and storable.fault(fields[name]) is None for name in others)
