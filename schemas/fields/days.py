"""Days, times and months."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from marshmallow import fields

from schemas import month
from schemas.change import from_ms, to_ms
from schemas.fields.lists import rises
from schemas.fields.told import Told, Tools, refuse, text_of


def day_of(text: str) -> date:
    """The day written `YYYY-MM-DD`. Raises ValueError for all else, also for the other ways of ISO 8601."""
    if len(text) != 10 or text[4] != "-" or text[7] != "-":
        raise ValueError(text)
    return date.fromisoformat(text)


class Day(Told, fields.String):
    """A real day, `YYYY-MM-DD`."""

    def __init__(self, **told: Any) -> None:
        super().__init__(shape={"format": "date"}, **told)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        text = text_of(value, 100)
        try:
            day_of(text)
        except ValueError:
            raise refuse("bad-day") from None
        return text

    def unchanged(self, value: str, tools: Tools) -> str:
        tools["iso_day"] = date.fromisoformat
        form = f"len({value}) == 10 and {value}[4] == '-' == {value}[7]"
        # A text that is no day raises, which counts as false; a date is never falsy.
        return f"{form} and iso_day({value})" + (" <= today" if self.metadata["no_future"] else "")


class Moment(Told, fields.String):
    """A time of RFC 3339, kept in UTC with milliseconds; a bare day is kept too, for what was signed on paper."""

    def __init__(self, **told: Any) -> None:
        super().__init__(shape={"format": "date-time"}, **told)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        text = text_of(value, 100)
        try:
            return from_ms(to_ms(text)) if len(text) > 10 else day_of(text).isoformat()  # type: ignore[arg-type]
        except (TypeError, ValueError, OverflowError):  # no time at all, or one before the first or after the last year
            raise refuse("bad-time") from None

    def unchanged(self, value: str, tools: Tools) -> str:
        tools["iso_time"] = datetime.fromisoformat
        # Of all that datetime reads, only our own form has these signs at these places.
        form = f"len({value}) == 24 and {value}[7] == '-' and {value}[10] == 'T'"
        return f"{form} and {value}[19] == '.' and {value}[23] == 'Z' and iso_time({value})"


class Months(Told, fields.List):
    """One or more months, kept in order without doubles."""

    most = 120

    def __init__(self, **told: Any) -> None:
        super().__init__(fields.String(metadata={"pattern": "^[0-9]{4}-[0-9]{2}$"}), shape={"minItems": 1}, **told)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> list[Any]:
        if type(value) is not list:
            raise refuse("not-a-list")
        if not value:
            raise refuse("empty")
        if len(value) > self.most:
            raise refuse(f"too-many:{self.most}")
        if not all(map(month.is_month, value)):
            raise refuse("bad-month")
        months = sorted(set(value))
        return value if value == months else months

    def unchanged(self, value: str, tools: Tools) -> str:
        tools["months_kept"] = self._are_kept
        return f"type({value}) is list and months_kept({value})"

    def _are_kept(self, value: list[Any]) -> bool:
        return 0 < len(value) <= self.most and all(map(month.is_month, value)) and rises(value)
