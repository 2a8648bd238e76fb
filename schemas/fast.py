"""One plain predicate generated from a table: "marshmallow would take these fields unchanged".

marshmallow costs about 100 microseconds a record, most of it in its own loop over the fields. Nearly every change is
good as it stands; for those the predicate answers in a few microseconds, and whatever it does not vouch for goes
the long way, which alone says what is wrong. So there is one definition, the table, and no second set of rules: each
field type says its own expression (`schemas.fields`), and a test holds the two against each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
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
    tools: Tools = {"others_keep": _others_keep}
    lines = [
        "def unchanged(v0, desk, today):",
        "  try:",
        *_indented(_table(schema, 0, tools), 2),
        "  except (AttributeError, LookupError, TypeError, ValueError):",
        "    return False",
        "  return True",
    ]
    exec(compile("\n".join(lines), f"<{type(schema).__name__} unchanged>", "exec"), tools)  # text of our own making
    return tools["unchanged"]


def _table(schema: Schema, depth: int, tools: Tools) -> Iterator[str]:
    """The lines that look at the dict `v<depth>`: its fields by their names, and only then what else it holds."""
    known = f"known_{len(tools)}"
    tools[known] = frozenset(schema.fields)
    yield f"n{depth} = 0"
    for name, field in schema.fields.items():
        yield f"if {name!r} in v{depth}:"
        yield f"  v{depth + 1} = v{depth}[{name!r}]"
        yield from _indented(_field(field, depth + 1, tools), 1)
        yield f"  n{depth} += 1"
        if field.required:
            yield "else: return False"
    yield f"others = len(v{depth}) - n{depth}"
    yield f"if others and not others_keep(v{depth}, {known}, others): return False"


def _field(field: Any, depth: int, tools: Tools) -> Iterator[str]:
    """The lines that look at one value, `v<depth>`."""
    value = f"v{depth}"
    if field.metadata.get("desk_only"):
        yield "if not desk: return False"
    if isinstance(field, Thing):
        yield f"if {value} is not None:" if field.allow_none else "if True:"
        yield f"  if type({value}) is not dict: return False"
        yield from _indented(_table(field.table, depth, tools), 1)
        return
    condition = _expression(field, value, tools)
    if field.allow_none:
        condition = f"({value} is None or {condition})"
    if values := field.metadata.get("desk_values"):
        condition = f"{condition} and (desk or {value} not in {set(values)!r})"
    yield f"if not ({condition}): return False"


def _expression(field: Any, value: str, tools: Tools) -> str:
    if isinstance(field, Things):
        name = f"each_{len(tools)}"
        tools[name] = _each(predicate(field.thing.table), field.most)
        return f"(type({value}) is list and {name}({value}, desk, today))"
    return f"({field.unchanged(value, tools)})" if isinstance(field, Told) else "False"


def _indented(lines: Iterable[str], by: int) -> Iterator[str]:
    return ("  " * by + line for line in lines)


def _each(unchanged: Check, most: int) -> Callable[[list[Any], bool, date], bool]:
    def each(things: list[Any], desk: bool, today: date) -> bool:
        return len(things) <= most and all(type(one) is dict and unchanged(one, desk, today) for one in things)

    return each


def _others_keep(fields: dict[str, Any], known: frozenset[str], others: int) -> bool:
    """Whether what the table does not name can be kept. others: how many such fields there are."""
    for name in reversed(fields):  # a form's own questions mostly stand last
        if name not in known:
            if storable.fault_of_name(name) or storable.fault(fields[name]):
                return False
            others -= 1
            if not others:
                break
    return True
