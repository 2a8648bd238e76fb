"""Lists that leave the house: asked for at a desk, made by the clock, kept sealed for some days, and told in the audit log.

Whoever asks names the list, the format, filters and what it is for. It is made with the rights that he has at that moment,
read as of one moment, and only he can fetch it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any, NamedTuple

from programme import months
from programme.duties import last_halves
from schemas.change import dumps, loads
from schemas.fields import Choice
from schemas.kinds import REGIONAL
from schemas.occupations import OCCUPATIONS
from schemas.problem import INDONESIAN, Both
from schemas.region import NATION
from server import audit, auth
from server.actions.listing import FILTERS, MOST_MONTHS, Wanted, local, month_range
from server.clock import day_at, now_ms
from server.config import Settings
from server.db import reading, transaction
from server.export.formats import Format, formats
from server.export.kept import SWEPT_AFTER_MS, Kept
from server.export.lists import LISTS, Listed
from server.store import exports
from server.store.accounts import Account
from server.store.exports import READY, Export
from server.store.scoping import Scope

MOST_HALVES = 8
MOST_OPEN = 5  # of one person, waiting or being made
MOST_SHOWN = 30
LEAST_PURPOSE, LONGEST_PURPOSE = 10, 300  # characters
TOLD_DAYS = 90
SENSITIVE, PEOPLE = "export sensitive", "see people"

CHOICES: dict[str, tuple[str, ...]] = {
    "status": ("proposed", "verified", "withdrawn", "deceased", "moved_away"),
    "coverage": ("active", "awaiting_payment", "in_arrears", "inactive", "ended", "proposed"),
    "occupation": tuple(OCCUPATIONS),
    "funding": ("self", "apbd_province", "apbd_regency", "apbdes", "dana_desa", "dbh_sawit", "sertakan", "other"),
    "state": ("open", "answered", "escalated", "done"),
}
"""What filters may ask for."""
CLAIM_STATES = ("reported", "incomplete", "submitted", "decided", "paid", "handed_over", "closed")


class BadExport(ValueError):
    """What was asked for can't be made: field -> what to do, in Indonesian and English."""

    def __init__(self, errors: dict[str, Both]) -> None:
        super().__init__(", ".join(errors))
        self.errors = errors


# Asking ---------------------------------------------------------------------------------------------------------------


def lists_for(role: str) -> list[Listed]:
    """The lists that somebody of this role may have."""
    return [listed for listed in LISTS.values() if role in auth.MAY[listed.act]]


def choices(what: str, name: str) -> tuple[str, ...]:
    """What a filter of a list may ask for; states are those of the kind that it lists."""
    if what == "claims" and name == "status":
        return CLAIM_STATES
    if name == "half":
        return tuple(last_halves(day_at(now_ms(), NATION), MOST_HALVES))
    kind = REGIONAL.get(LISTS[what].kind or "") if what in LISTS else None
    told = kind.schema.fields.get(name) if kind else None
    return tuple(told.words) if isinstance(told, Choice) else CHOICES[name]


def read_wanted(account: Account, scope: Scope, given: Mapping[str, Any], lang: str, now: int) -> Wanted:
    """What a form asks for. Raises BadExport with a sentence for each field; Refusal for what he may not have.

    given: field -> text; `sensitive` is a list of names.
    """
    listed = LISTS.get(str(given.get("what", "")))
    if listed is None:
        raise BadExport({"what": ("Pilih salah satu daftar.", "Choose one of the lists.")})
    auth.allow(account, listed.act, str(scope))
    errors: dict[str, Both] = {}
    format_ = _format(given, errors)
    sensitive = _sensitive(account, listed, given, errors)
    purpose = " ".join(str(given.get("purpose") or "").split())
    if listed.of_people and not LEAST_PURPOSE <= len(purpose) <= LONGEST_PURPOSE:
        errors["purpose"] = (
            f"Tulis untuk apa data ini dipakai, {LEAST_PURPOSE} sampai {LONGEST_PURPOSE} huruf.",
            f"Say what the data is for, in {LEAST_PURPOSE} to {LONGEST_PURPOSE} characters.",
        )
    day = _past_day(listed, given, scope, now, errors)
    filters = _filters(listed, given, day, errors)
    whole = bool(given.get("whole_niks"))
    if whole and account.role not in auth.MAY["see whole NIKs"]:
        errors["whole_niks"] = ("NIK utuh tidak untuk peran Anda.", "Your role does not see whole NIKs.")
    if errors:
        raise BadExport(errors)
    personal = account.role in auth.MAY[PEOPLE]
    return Wanted(listed.name, format_, lang, day, filters, whole, sensitive, purpose, personal)


def _format(given: Mapping[str, Any], errors: dict[str, Both]) -> str:
    name = str(given.get("format", ""))
    known = formats().get(name)
    if known is None:
        errors["format"] = ("Pilih salah satu format.", "Choose one of the formats.")
    elif known.lacks:
        errors["format"] = known.lacks
    return name


def _sensitive(account: Account, listed: Listed, given: Mapping[str, Any], errors: dict[str, Both]) -> frozenset[str]:
    asked = frozenset(map(str, given.get("sensitive") or ()))
    if not asked:
        return asked
    if account.role not in auth.MAY[SENSITIVE]:
        errors["sensitive"] = ("Isian rahasia tidak untuk peran Anda.", "Your role may not export sensitive fields.")
    if asked - {column.name for column in listed.sensitive}:
        errors["sensitive"] = ("Isian itu tidak ada dalam daftar ini.", "That field is not in this list.")
    return asked


def _past_day(
    listed: Listed, given: Mapping[str, Any], scope: Scope, now: int, errors: dict[str, Both]
) -> date | None:
    """None for today, which is what is known now."""
    text = str(given.get("day") or "")
    if not text:
        return None
    day, today = _day(text), day_at(now, str(scope))
    if not listed.has_past:
        errors["day"] = ("Daftar ini hanya ada per hari ini; kosongkan tanggalnya.",
                         "This list is there for today alone; leave the day empty.")  # fmt: skip
    elif day is None:
        errors["day"] = _BAD_DAY
    elif day > today:
        errors["day"] = ("Hari itu belum tiba; pilih hari ini atau sebelumnya.", "That day is still to come.")
    return None if day is None or day >= today else day


_BAD_DAY: Both = ("Tulis tanggal, misalnya 2026-11-01.", "Write a day, such as 2026-11-01.")
_BAD_MONTH: Both = ("Tulis bulan, misalnya 2026-11.", "Write a month, such as 2026-11.")


def filter_names(listed: Listed) -> list[str]:
    """The filters of a list, in the order in which they are asked."""
    known = listed.filters | ({"from", "to"} if listed.between else set())
    known |= {"first_month", "last_month"} if "months" in listed.filters else set()
    return [name for name in FILTERS if name in known]


def _filters(listed: Listed, given: Mapping[str, Any], day: date | None, errors: dict[str, Both]) -> dict[str, str]:
    found = {name: text for name in filter_names(listed) if (text := str(given.get(name) or "").strip())}
    for name, text in found.items():
        if (name in CHOICES or name == "half") and text not in choices(listed.name, name):
            errors[name] = ("Pilih dari daftar.", "Choose from the list.")
        elif name in ("from", "to", "updated_since") and _day(text) is None:
            errors[name] = _BAD_DAY
        elif name in ("first_month", "last_month") and _month(text) is None:
            errors[name] = _BAD_MONTH
    for first, last in (("from", "to"), ("first_month", "last_month")):
        if found.get(first, "") > found.get(last, "9999"):
            errors.setdefault(last, ("Sampai harus sesudah dari.", "The end comes before the beginning."))
    if day is not None and "coverage" in found:
        errors["coverage"] = ("Kepesertaan hanya ada per hari ini; kosongkan salah satunya.",
                              "Membership is there for today alone; leave one of the two empty.")  # fmt: skip
    if listed.name == "coverage" and not errors:
        oldest, newest = month_range(found, day, now_ms())
        if newest - oldest >= MOST_MONTHS:
            errors["first_month"] = (f"Paling banyak {MOST_MONTHS} bulan.", f"At most {MOST_MONTHS} months.")
    return found


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None
    return day if day and 1900 <= day.year <= 2999 else None


def _month(text: str) -> int | None:
    try:
        return months.number(text)
    except ValueError:
        return None


def ask(account: Account, scope: Scope, wanted: Wanted, now: int) -> int:
    """Put it in the queue; gives its number. Raises BadExport when he has too many waiting."""
    with transaction() as connection:
        if exports.count_open(connection, str(scope), account.id) >= MOST_OPEN:
            raise BadExport({"what": (
                f"Masih ada {MOST_OPEN} berkas Anda yang sedang dibuat. Tunggu satu selesai, lalu ulangi.",
                f"{MOST_OPEN} files of yours are still being made. Wait for one to be ready, then ask again.",
            )})  # fmt: skip
        return exports.add_export(
            connection, account.id, str(scope), wanted.what, wanted.format, dumps(told(wanted)), now
        )


def told(wanted: Wanted) -> dict[str, Any]:
    """As it is kept, and stands in the audit log: no person's values."""
    return {
        "lang": wanted.lang, "day": wanted.day.isoformat() if wanted.day else None, "filters": dict(wanted.filters),
        "whole_niks": wanted.whole_niks, "sensitive": sorted(wanted.sensitive), "purpose": wanted.purpose,
        "personal": wanted.personal,
    }  # fmt: skip


def wanted_of(export: Export) -> Wanted:
    asked = loads(export.asked)
    day = asked.get("day")
    return Wanted(
        export.what, export.format, asked.get("lang", INDONESIAN), date.fromisoformat(day) if day else None,
        asked.get("filters", {}), bool(asked.get("whole_niks")), frozenset(asked.get("sensitive", ())),
        asked.get("purpose", ""), bool(asked.get("personal", True)),
    )  # fmt: skip


def mine(account: Account, scope: Scope) -> list[Export]:
    """What somebody asked for, the newest first."""
    with reading() as connection:
        return exports.of_account(connection, str(scope), account.id, MOST_SHOWN)


# Fetching -------------------------------------------------------------------------------------------------------------


class File(NamedTuple):
    name: str
    type: str
    size: int
    pieces: Iterator[bytes]


def fetch(account: Account, scope: Scope, number: int, settings: Settings, now: int) -> File | None:
    """A finished file for whoever asked for it, noted in the audit log; None where there is none of his.

    Raises Refusal when he may not have such a list any more.
    """
    with reading() as connection:
        export = exports.read_export(connection, str(scope), account.id, number)
    if export is None or export.state != READY or (export.expires_at or 0) <= now or export.what not in LISTS:
        return None
    auth.allow(account, LISTS[export.what].act, export.region)
    asked = wanted_of(export)
    personal = asked.personal and asked.listed.of_desks
    for act, is_asked in (
        ("see whole NIKs", asked.whole_niks), (SENSITIVE, bool(asked.sensitive)), (PEOPLE, personal)
    ):  # fmt: skip
        if is_asked:
            auth.allow(account, act, export.region)
    pieces = Kept(settings).open(number)
    if pieces is None or _is_outdated(export, settings):
        return None
    with transaction() as connection:
        audit.note(connection, "download", region=export.region, export=number, what=export.what, rows=export.rows)
    format_ = formats()[export.format]
    return File(file_name(export, format_), format_.type, export.size or 0, pieces)


def _is_outdated(export: Export, settings: Settings) -> bool:
    """Whether somebody in it was erased since, or his data restricted: then the file goes, and is to be made anew."""
    with transaction() as connection:
        if not exports.holds_withdrawn(connection, export):
            return False
        exports.throw_away(connection, export.account, export.id)
    Kept(settings).drop([export.id])
    return True


def file_name(export: Export, format_: Format) -> str:
    """What, of which day, of which region: nothing that names a person."""
    day = loads(export.asked).get("day") or str(local(export.made_at, export.region))[:10]
    return f"sambung-{export.what}-{day}-{export.region}.{format_.suffix}"


def throw_away(account: Account, scope: Scope, number: int, settings: Settings) -> bool:
    """His own file goes now; harmless to repeat."""
    with reading() as connection:
        export = exports.read_export(connection, str(scope), account.id, number)
    if export is None:
        return False
    with transaction() as connection:
        exports.throw_away(connection, account.id, number)
    Kept(settings).drop([number])
    return True


# Tidying --------------------------------------------------------------------------------------------------------------


def tidy(settings: Settings, now: int) -> int:
    """Drop files past their time, those of people who were erased or restricted since, and those that no export has.

    Gives how many files went.
    """
    kept = Kept(settings)
    lying = kept.numbers()  # before the table is asked: what is made meanwhile is in neither
    with transaction() as connection:
        exports.expire(connection, now)
        for export in exports.ready(connection):
            if exports.holds_withdrawn(connection, export):
                exports.throw_away(connection, export.account, export.id)
        exports.drop_old(connection, now - int(timedelta(days=TOLD_DAYS).total_seconds() * 1000))
        wanted = exports.with_files(connection)
    kept.drop(lying - wanted)
    kept.sweep(now, SWEPT_AFTER_MS)
    return len(lying - wanted)


