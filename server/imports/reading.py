"""One row of a list, as our fields: what it says, and what is wrong with it, column by column."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from hashlib import sha256
from typing import Any, NamedTuple

from schemas import kk, phone
from schemas.change import canonical
from server.imports import cells
from server.imports.cells import Cell, text
from server.imports.faults import BadCell
from server.imports.places import Places
from server.imports.purposes import DECREE, MEMBERS, WORKERS
from server.imports.sheets import Row

Said = dict[str, Any]
Faults = list[tuple[str, str]]  # (field, code)

_SHORT = {"rt": 40, "rw": 40, "full_name": 100, "found_name": 100, "birth_place": 200, "mother_name": 200}


class Mapped(NamedTuple):
    """columns: number of the column -> field. month, funding: what the whole list says, where no column does."""

    columns: Mapping[int, str]
    month: str | None = None
    funding: str | None = None


class Reader:
    """Reads rows of one list. today: of its region; as_of: the day of which the list tells."""

    def __init__(self, purpose: str, mapping: Mapped, places: Places, as_of: date, today: date) -> None:
        self.purpose, self.mapping, self.places, self.as_of, self.today = purpose, mapping, places, as_of, today
        self._district = next((at for at, field in mapping.columns.items() if field == "district"), None)

    def read(self, row: Row) -> tuple[Said, Faults]:
        """What the row says and what is wrong with it. `village` is None where it lies outside the list's region."""
        said: Said = {}
        faults: Faults = []
        for at, field in self.mapping.columns.items():
            cell = row.cells[at] if at < len(row.cells) else None
            if field == "district" or text(cell) in ("", "-", "–"):
                continue
            try:
                self._take(said, field, cell, row)
            except BadCell as bad:
                faults.append((field, bad.code))
        self._take_for_all(said)
        return said, faults + self._missing(said, faults)

    def _take_for_all(self, said: Said) -> None:
        if self.mapping.month and "months" not in said:
            said["months"] = [self.mapping.month]
        if self.mapping.funding and "funding" not in said:
            said["funding"] = self.mapping.funding
        if self.purpose == DECREE:
            said.setdefault("vulnerable", True)

    def _missing(self, said: Said, faults: Faults) -> Faults:
        wrong = {field for field, _ in faults}
        found: Faults = []
        if not (said.get("nik") or said.get("kpj")) and not {"nik", "kpj"} & wrong and not self._is_of_no_number():
            found.append(("nik", "no-number"))
        if self.purpose == WORKERS:
            if "full_name" not in said and "full_name" not in wrong:
                found.append(("full_name", "name-missing"))
            if "village" not in said and "village" not in wrong:
                found.append(("village", "village-missing"))
        if self.purpose == MEMBERS and "months" in said and "amount" not in said and "amount" not in wrong:
            if said.get("is_active", True):
                found.append(("amount", "bad-amount"))
        return found

    def _is_of_no_number(self) -> bool:
        """A list of workers may hold some whose card nobody has seen yet; everywhere else the number is the person."""
        return self.purpose == WORKERS

    def _take(self, said: Said, field: str, cell: Cell, row: Row) -> None:
        match field:
            case "nik":
                said[field] = cells.nik_of(cell)
            case "kk_number":
                said[field] = _family(cells.number(cell))
            case "kpj":
                said[field] = cells.kpj_of(cell)
            case "birth_date":
                said[field] = self._past(cells.day_of(cell, self.today))
            case "found_date" | "registered_at" | "dtsen_at" | "paid_on" | "card_given_on":
                said[field] = cells.day_of(cell, self.today)
            case "sex":
                said[field] = cells.sex_of(cell)
            case "village":
                said |= self._village(text(cell), row)
            case "phone":
                if number := phone.normalise(text(cell) if isinstance(cell, str) else cells.number(cell)):
                    said[field] = number  # one that is none is no reason to leave a person out
            case "occupation":
                said[field], other = cells.occupation_of(cell)
                if other:
                    said["occupation_text"] = other
            case "segment":
                said[field] = cells.segment_of(cell)
            case "monthly_income" | "amount":
                said[field] = cells.rupiah_of(cell)
            case "programs":
                said[field] = cells.programs_of(cell)
            case "payment_months":
                said[field] = cells.whole_of(cell, 1, 12, "not-one-of:1, 2, 3, 6, 12")
            case "funding":
                said[field] = cells.funding_of(cell)
            case "vulnerable":
                said[field] = cells.truth_of(cell)
            case "dtsen_decile":
                said[field] = cells.whole_of(cell, 1, 10, "bad-decile")
            case "months":
                said[field] = cells.months_of(cell, self.today)
            case "is_active":
                said[field] = cells.is_active(cell)
            case "result":
                said[field] = cells.result_of(cell)
            case _:
                said[field] = text(cell)[: _SHORT.get(field, 500)]

    def _village(self, written: str, row: Row) -> Said:
        """Only a new worker needs his village. In other lists one that is not known here is another region's."""
        at = self._district
        district = text(row.cells[at]) if at is not None and at < len(row.cells) else ""
        try:
            return {"village": self.places.find(written, district)}
        except BadCell as bad:
            if self.purpose == WORKERS:
                raise
            return {"village": None} if bad.code == "village-unknown" else {}

    def _past(self, day: str) -> str:
        if not "1900" <= day or date.fromisoformat(day) > self.today:
            raise BadCell("future-day")
        return day


def _family(number: str) -> str:
    if not kk.is_kk(number):
        raise BadCell("bad-kk")
    return number


def person_of(said: Said) -> bytes | None:
    """By which rows of one list speak of one person: the NIK where there is one, else the member number."""
    named = ("nik", said["nik"]) if said.get("nik") else ("kpj", said["kpj"]) if said.get("kpj") else None
    return sha256(canonical(list(named))).digest()[:16] if named else None
