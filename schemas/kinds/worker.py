"""A village worker, as an officer registers him (protocol section 9)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from schemas import kk, nik, storable
from schemas.fields import (
    OPEN,
    SENSITIVE,
    Choice,
    Day,
    Kk,
    Members,
    Moment,
    Nik,
    OccupationCode,
    OneOfWhole,
    Phone,
    Real,
    RegionCode,
    Table,
    Text,
    Thing,
    Things,
    Truth,
    VillageCode,
    Whole,
    Words,
    rupiah,
)
from schemas.kinds.kind import Errors, Kind, is_blank
from schemas.kinds.parts import FUNDING, PROGRAMS, File, Version
from schemas.policy import REVIEW, UNION
from schemas.problem import complain

SHORT, LINE, LONG = 40, 200, 2000  # characters: a code, one line, several


class Heir(Table):
    """Who inherits the benefit. He may have no NIK yet, or none that anyone knows."""

    name = Text(100, 1, required=True)
    relation = Text(LINE, 1, required=True)
    nik = Nik()
    birth_date = Day()
    phone = Phone()


class Place(Table):
    """Where the phone said it was; accuracy in metres."""

    lat = Real(-90, 90, required=True)
    lon = Real(-180, 180, required=True)
    accuracy = Real(0, 10**7, required=True)


class Consent(Table):
    """Which text was read to the worker, when, how he agreed, and to what (UU 27/2022 articles 20 to 22)."""

    version = Version(required=True)
    at = Moment(required=True)
    method = Choice("signature", "thumb", "oral", required=True)
    witness = Text(LINE)
    purposes = Words(required=True)


class WorkerTable(Table):
    nik = Nik(policy=REVIEW, needed=True)
    nik_reason = Text(LONG)
    kk_number = Kk(policy=REVIEW)
    full_name = Text(100, 1, policy=REVIEW, needed=True)
    birth_place = Text(LINE)
    birth_date = Day(policy=REVIEW, needed=True, no_future=True)
    sex = Choice("male", "female", policy=REVIEW, needed=True)
    mother_name = Text(LINE, policy=REVIEW, privacy=SENSITIVE)
    address = Text(LONG)
    rt = Text(SHORT)
    rw = Text(SHORT)
    postcode = Text(SHORT)
    village = VillageCode(policy=REVIEW, privacy=OPEN)
    work_village = RegionCode(privacy=OPEN)
    work_place = Text(LINE)
    phone = Phone()
    email = Text(LONG)  # whatever it is: an e-mail address never stands in the way of a registration
    occupation = OccupationCode(needed=True, privacy=OPEN)
    second_occupation = OccupationCode(privacy=OPEN)
    occupation_text = Text(LINE)
    segment = Choice("bpu", "wage_earner", "apparatus", privacy=OPEN)
    monthly_income = rupiah(privacy=SENSITIVE)
    programs = Members(PROGRAMS, least=("JKK", "JKM"), policy=UNION, needed=True, privacy=OPEN)
    payment_months = OneOfWhole(1, 2, 3, 6, 12, privacy=OPEN)
    funding = Choice(*FUNDING, privacy=OPEN)
    vulnerable = Truth(privacy=SENSITIVE)
    dtsen_decile = Whole(1, 10, privacy=SENSITIVE)
    dtsen_at = Day(privacy=OPEN)
    kpj = Text(SHORT, policy=REVIEW)
    card_given_on = Day(privacy=OPEN)
    heirs = Things(Heir, 20, policy=REVIEW, privacy=SENSITIVE)
    gps = Thing(Place)
    photo_ktp = Thing(File, privacy=SENSITIVE)
    photo_person = Thing(File, privacy=SENSITIVE)
    signature = Thing(File, privacy=SENSITIVE)
    consent = Thing(Consent, policy=REVIEW, needed=True)
    status = Choice(
        "proposed",
        "verified",
        "withdrawn",
        "deceased",
        "moved_away",
        policy=REVIEW,
        privacy=OPEN,
        desk_values=["verified"],
    )
    registered_at = Day(privacy=OPEN)
    notes = Text(LONG)


class Worker(Kind):
    def lacking(self, record: Mapping[str, Any]) -> list[str]:
        """A reason why there is no NIK does for one."""
        lacks = super().lacking(record)
        return lacks if is_blank(record.get("nik_reason")) else [field for field in lacks if field != "nik"]

    def warnings(self, record: Mapping[str, Any], lang: str) -> list[dict[str, str]]:
        return [{"field": field, "text": complain(code, lang)} for field, code in _doubts(record)]

    def _across(self, given: dict[str, Any], values: dict[str, Any], errors: Errors) -> None:
        """Some cards really bear an odd NIK, and some workers have none: with a reason both are kept."""
        if "nik" not in errors or is_blank(values.get("nik_reason")):
            return
        kept, fault = _odd_nik(given["nik"])
        if fault:
            errors["nik"] = [fault]
        else:
            values["nik"] = kept
            del errors["nik"]


def _odd_nik(value: Any) -> tuple[str | None, str | None]:
    """What is kept of a NIK of another shape, or why nothing can be."""
    if value is not None and type(value) is not str:
        return None, "not-text"
    if storable.fault(value):
        return None, "text-unclean"
    text = value and nik.normalise(storable.neat(value[:1000]))
    return (None, f"too-long:{nik.MAX_KEPT}") if text and len(text) > nik.MAX_KEPT else (text, None)


def _doubts(record: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(field, code) of what may be a slip of the pen. A NIK keeps a wrong date for life, so this never blocks."""
    number, born, sex, family = (record.get(field) for field in ("nik", "birth_date", "sex", "kk_number"))
    if number and not nik.is_nik(number):
        yield "nik", "nik-odd"
    elif number:
        if born and not nik.agrees_with(number, born):
            yield "birth_date", "nik-birth-date"
        if sex and nik.sex(number) != sex:
            yield "sex", "nik-sex"
    if family and not kk.is_usual(family):
        yield "kk_number", "kk-odd"
    if family and family == number:
        yield "kk_number", "kk-is-nik"
    if (record.get("consent") or {}).get("purposes") == []:
        yield "consent", "consent-for-nothing"


WORKER = Worker("worker", WorkerTable, home_field="village")
