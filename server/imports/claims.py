"""What a list says of one person beside what is known of him: what agrees, what may be written, what a person must decide.

All rows of a list that name one person are one claim, so the order of rows does not matter. A claim is always laid
beside the record as it stands at that moment: what has been written already is not found again.
"""

from __future__ import annotations

import hmac
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from schemas.change import canonical
from server.imports.cells import MATCHED, plain
from server.imports.purposes import MEMBERS, WORKERS
from server.imports.reading import Said
from server.linkage.online import likeness
from server.linkage.people import Person

USUAL_PROGRAMS = ["JKK", "JKM"]
PROPOSED, VERIFIED = "proposed", "verified"
NIK_CHECK, NIK_CHECKED_ON = "extra.nik_check", "extra.nik_checked_on"
_ALIKE = frozenset({"same", "same_word", "near", "part", "part_word"})
_WORKER_FIELDS = (
    "nik", "kk_number", "full_name", "birth_place", "birth_date", "sex", "mother_name", "address", "rt", "rw", "village",
    "phone", "occupation", "occupation_text", "segment", "monthly_income", "programs", "payment_months", "funding",
    "vulnerable", "dtsen_decile", "dtsen_at", "kpj", "registered_at", "notes",
)  # fmt: skip
_WHO_HE_IS = ("nik", "kk_number", "birth_date", "sex", "kpj")
"""Of an old list of workers what differs here is told. In all else an officer who met the person knows better."""


class Paid(NamedTuple):
    """A contribution that is known here. conflicts: its fields that wait for a person."""

    record: str
    fields: Mapping[str, Any]
    conflicts: frozenset[str]


class Known(NamedTuple):
    """A worker as he stands."""

    record: str
    home: str
    fields: Mapping[str, Any]
    conflicts: frozenset[str]
    paid: Sequence[Paid]


class Line(NamedTuple):
    """One row of the list."""

    number: int
    said: Said


class Differs(NamedTuple):
    """A field that is one thing here and another in the list. record: whose, where it is a contribution's."""

    field: str
    known: Any
    said: Any
    record: str | None = None


@dataclass
class Plan:
    """What a claim comes to. writes: record -> fields that are safe to set; new: contributions that are not known here."""

    writes: dict[str, dict[str, Any]] = field(default_factory=dict)
    new: dict[str, dict[str, Any]] = field(default_factory=dict)
    differs: list[Differs] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not (self.writes or self.new or self.differs)

    def set(self, record: str, **fields: Any) -> None:
        self.writes.setdefault(record, {}).update(fields)

    def decided(self, worker: str) -> dict[str, dict[str, Any]]:
        """All writes, with what the list says where it differs: a person has looked at it."""
        found = {record: dict(fields) for record, fields in self.writes.items()}
        for each in self.differs:
            found.setdefault(each.record or worker, {})[each.field] = each.said
        return found


def weigh(purpose: str, lines: Sequence[Line], known: Known, as_of: str, key: bytes) -> Plan:
    """Lay the list's rows of one person beside him. as_of: the day of which the list tells; key: see `fixed_id`."""
    plan = Plan()
    said = merged(lines)
    _who(plan, purpose, said, known)
    match purpose:
        case "members":
            _fill(plan, known, said, "kpj")
            _fill(plan, known, said, "card_given_on")
            _payments(plan, [line for line in lines if line.said.get("is_active", True)], known, as_of, key)
        case "workers":
            _worker(plan, said, known)
        case "deciles":
            _decile(plan, said, known, as_of)
        case "decree":
            _fill(plan, known, said, "funding")
            _fill(plan, known, said, "vulnerable")
        case "population":
            _population(plan, said, known, as_of)
    return plan


def merged(lines: Sequence[Line]) -> Said:
    """What all rows of one person say together, the row that comes first in the file before the others."""
    said: Said = {}
    for line in sorted(lines, reverse=True):
        said |= line.said
    return said


def contradict(purpose: str, lines: Sequence[Line]) -> dict[int, int]:
    """Rows of one person that can't both be true: number -> the other's. Rows that say the same are no trouble."""
    wrong: dict[int, int] = {}
    ordered = sorted(lines)
    for at, line in enumerate(ordered):
        for other in ordered[at + 1 :]:
            if line.said != other.said and (purpose != MEMBERS or _clash(line.said, other.said)):
                wrong.setdefault(line.number, other.number)
                wrong.setdefault(other.number, line.number)
    return wrong


def _clash(a: Said, b: Said) -> bool:
    """A branch's list may have a row a month; they clash over one month, or where they call the person otherwise."""
    if set(a.get("months", ())) & set(b.get("months", ())):
        return True
    return any(a.get(name) != b.get(name) for name in ("full_name", "birth_date", "kpj", "nik"))


# Who it is ------------------------------------------------------------------------------------------------------------


def alike(a: str | None, b: str | None) -> bool:
    """Whether two names may be one person's: the same however spelt, or one a part of the other."""
    if not a or not b:
        return True
    found = likeness(Person("a", full_name=a), Person("b", full_name=b)).comparisons
    return any(each.field == "full_name" and each.level in _ALIKE for each in found)


def _who(plan: Plan, purpose: str, said: Said, known: Known) -> None:
    name, born = known.fields.get("full_name"), known.fields.get("birth_date")
    if not alike(said.get("full_name"), name):
        _differ(plan, known, "full_name", said["full_name"])
    if purpose == WORKERS:
        return
    if said.get("birth_date") and born and said["birth_date"] != born:
        _differ(plan, known, "birth_date", said["birth_date"])
    if said.get("nik"):
        _fill(plan, known, said, "nik")


def _differ(plan: Plan, known: Known, name: str, said: Any) -> None:
    if name not in known.conflicts:  # somebody decides it already, at another desk
        plan.differs.append(Differs(name, known.fields.get(name), said))


def _fill(plan: Plan, known: Known, said: Said, name: str) -> None:
    """Where nothing stands it is written; what differs is told."""
    value, stands = said.get(name), known.fields.get(name)
    if value is None or name in known.conflicts or _same(name, stands, value):
        return
    if stands in (None, "", []):
        plan.set(known.record, **{name: value})
    else:
        _differ(plan, known, name, value)


def _same(name: str, a: Any, b: Any) -> bool:
    if name == "kpj" and a and b:
        return plain(str(a)).replace(" ", "") == plain(str(b)).replace(" ", "")
    if isinstance(a, list) and isinstance(b, list):
        return set(a) == set(b)
    return bool(a == b)


# Each purpose ---------------------------------------------------------------------------------------------------------


def _worker(plan: Plan, said: Said, known: Known) -> None:
    for name in _WHO_HE_IS:
        _fill(plan, known, said, name)
    if said.get("mother_name") and not alike(said["mother_name"], known.fields.get("mother_name")):
        _differ(plan, known, "mother_name", said["mother_name"])
    for name in _WORKER_FIELDS:
        if name not in (*_WHO_HE_IS, "full_name", "village") and known.fields.get(name) in (None, "", []):
            _fill(plan, known, said, name)


def _decile(plan: Plan, said: Said, known: Known, as_of: str) -> None:
    at, stands_at = said.get("dtsen_at", as_of), known.fields.get("dtsen_at") or ""
    decile, stands = said["dtsen_decile"], known.fields.get("dtsen_decile")
    if stands_at > at or (stands_at == at and stands == decile):
        return
    if stands_at == at and stands is not None:
        _differ(plan, known, "dtsen_decile", decile)
    else:
        plan.set(known.record, dtsen_decile=decile, dtsen_at=at)


def _population(plan: Plan, said: Said, known: Known, as_of: str) -> None:
    result, stands = said["result"], (known.fields.get(NIK_CHECK), known.fields.get(NIK_CHECKED_ON) or "")
    if stands[1] > as_of:
        return
    if stands != (result, as_of) and not (stands[0] == result == MATCHED):
        plan.set(known.record, **{NIK_CHECK: result, NIK_CHECKED_ON: as_of})
    status = known.fields.get("status") or PROPOSED
    if result == MATCHED and status == PROPOSED and "status" not in known.conflicts:
        plan.set(known.record, status=VERIFIED)
    name, born = said.get("found_name"), said.get("found_date")
    if name and plain(name) != plain(str(known.fields.get("full_name") or "")):
        plan.differs = [each for each in plan.differs if each.field != "full_name"]
        _differ(plan, known, "full_name", name)
    if born and born != known.fields.get("birth_date"):
        plan.differs = [each for each in plan.differs if each.field != "birth_date"]
        _differ(plan, known, "birth_date", born)


# What the branch says is paid -----------------------------------------------------------------------------------------


def _payments(plan: Plan, lines: Sequence[Line], known: Known, as_of: str, key: bytes) -> None:
    """Confirm the contributions whose months the branch names, and add those that nobody here has reported."""
    lines = _each_once(lines)
    claimed = {month: line for line in lines for month in line.said.get("months", ())}
    done = {month for paid in known.paid if paid.fields.get("confirmed") for month in _months(paid)}
    waiting = [paid for paid in known.paid if not paid.fields.get("confirmed")]
    for paid in sorted(waiting, key=lambda paid: (not _is_exactly(paid, lines), paid.record)):
        months = set(_months(paid))
        if months & claimed.keys() and not months <= done:  # of two that name one month the branch has got one
            _confirm(plan, paid, months, lines, claimed, done, as_of)
            done |= months & claimed.keys()
    for line in lines:
        _add_missing(plan, line, known, done, as_of, key)


def _each_once(lines: Iterable[Line]) -> list[Line]:
    found: dict[bytes, Line] = {}
    for line in sorted(lines):
        found.setdefault(canonical(line.said), line)
    return sorted(found.values(), key=lambda line: (line.said.get("months", []), canonical(line.said)))


def _months(paid: Paid) -> list[str]:
    return list(paid.fields.get("months") or ())


def _is_exactly(paid: Paid, lines: Sequence[Line]) -> bool:
    return any(
        _months(paid) == line.said.get("months") and paid.fields.get("amount") == line.said.get("amount") for line in lines
    )


def _confirm(
    plan: Plan, paid: Paid, months: set[str], lines: Sequence[Line], claimed: Mapping[str, Line], done: Collection[str],
    as_of: str,
) -> None:  # fmt: skip
    behind = list({claimed[month].number: claimed[month] for month in sorted(months & claimed.keys())}.values())
    when = max(line.said.get("paid_on") or as_of for line in behind)
    plan.set(paid.record, confirmed=True, confirmed_on=when)
    if not months <= claimed.keys() | set(done):
        plan.differs.append(Differs("months", _months(paid), sorted(months & claimed.keys()), paid.record))
    whole = all(set(line.said["months"]) <= months for line in behind)
    amount = sum(line.said.get("amount", 0) for line in behind) if whole else None
    said: dict[str, Any] = {"amount": amount, "programs": behind[0].said.get("programs")}
    for name, value in said.items():
        stands = paid.fields.get(name)
        if value is not None and name not in paid.conflicts and not _same(name, stands, value):
            if stands is None:
                plan.set(paid.record, **{name: value})
            else:
                plan.differs.append(Differs(name, stands, value, paid.record))


def _add_missing(plan: Plan, line: Line, known: Known, done: Collection[str], as_of: str, key: bytes) -> None:
    months = line.said.get("months", [])
    missing = sorted(set(months) - set(done))
    if not missing:
        return
    programs = line.said.get("programs") or USUAL_PROGRAMS
    who = line.said.get("nik") or known.fields.get("nik") or known.record
    record = fixed_id(key, "contribution", who, missing, programs)
    if any(paid.record == record for paid in known.paid):
        return
    plan.new[record] = {
        "worker": known.record, "months": missing, "programs": sorted(programs),
        "amount": line.said.get("amount", 0) * len(missing) // len(months),
        "funding": line.said.get("funding") or known.fields.get("funding") or "self",
        "paid_on": line.said.get("paid_on") or as_of, "confirmed": True,
        "confirmed_on": line.said.get("paid_on") or as_of,
    }  # fmt: skip


# New workers ----------------------------------------------------------------------------------------------------------


def new_worker(said: Mapping[str, Any], key: bytes) -> tuple[str, dict[str, Any]]:
    """The id and the fields of somebody whom only the list knows: the same for the same person, whatever file names him."""
    fields = {name: said[name] for name in _WORKER_FIELDS if said.get(name) not in (None, "", [])}
    return worker_id(said, key), fields | {"status": PROPOSED}


def worker_id(said: Mapping[str, Any], key: bytes) -> str:
    number = said.get("nik") or said.get("kpj")
    who = number or [said.get(name) for name in ("full_name", "birth_date", "village", "mother_name")]
    return fixed_id(key, "worker", who)


def fixed_id(key: bytes, *what: Any) -> str:
    """One id for one thing: however often and from whatever file it comes, it is made once.

    key: the server's own. Ids stand in addresses, and outlive an erasure; and whoever tries all NIKs that there can be
    finds the one that a plain hash was made of.
    """
    return f"list:{hmac.digest(key, canonical(list(what)), 'sha256').hex()[:40]}"
