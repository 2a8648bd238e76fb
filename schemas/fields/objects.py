"""Objects with parts of their own."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields

from schemas.fields.told import Table, Told, refuse


class Thing(Told, fields.Nested):
    """An object with parts of its own. Parts that we don't know are kept."""

    def __init__(self, table: type[Table], **told: Any) -> None:
        super().__init__(table, **told)
        self.table = table()

    def _deserialize(self, value: Any, attr: Any, data: Any, partial: Any = None, **kwargs: Any) -> dict[str, Any]:
        if type(value) is not dict:
            raise refuse("not-an-object")
        loaded = self.table.load(value, partial=False)  # a change may leave out fields, an object no part it must have
        return value if same_parts(loaded, value) else loaded


class Things(Told, fields.List):
    """A list of such objects, in the order given."""

    def __init__(self, table: type[Table], most: int, **told: Any) -> None:
        self.thing = Thing(table, required=True)
        super().__init__(self.thing, shape={"maxItems": most}, **told)
        self.most = most

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> list[Any]:
        if type(value) is not list:
            raise refuse("not-a-list")
        if len(value) > self.most:
            raise refuse(f"too-many:{self.most}")
        loaded, errors = [], {}
        for number, one in enumerate(value, start=1):
            try:
                loaded.append(self.thing.deserialize(one))
            except ValidationError as error:
                errors[number] = error.messages
        if errors:
            raise ValidationError(errors)
        return value if all(a is b for a, b in zip(loaded, value, strict=True)) else loaded


def same_parts(loaded: dict[str, Any], given: dict[str, Any]) -> bool:
    """Whether loading changed nothing. By identity: 23 equals 23.0, but is not written the same."""
    return len(loaded) == len(given) and all(loaded[name] is value for name, value in given.items())
