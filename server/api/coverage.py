"""`/api/v1/coverage`, `/rules` and `/worklists`: how far a village is, what a membership costs, what is to be done."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import ValidationError, fields, validates

from schemas import problem
from schemas.month import is_month
from server import auth
from server.actions.figures import NotYet, current_month, figures_of
from server.actions.regions import region_exists
from server.actions.rules import rules_for_phones, rules_told
from server.actions.worklists import worklists
from server.api import door, messages
from server.api.messages import Message
from server.api.routes import call
from server.clock import now_ms
from server.problems import Refusal
from server.store.devices import Device

ACT = "see figures"


class Asked(Message):
    within = messages.region()
    month = messages.text(7, default=None, metadata={"pattern": "^[0-9]{4}-[0-9]{2}$", "examples": ["2026-11"]})

    @validates("month")
    def check_month(self, text: str | None, **_: Any) -> None:
        if text is not None and not is_month(text):
            raise ValidationError("bad-month")


class NotCounted(Message):
    incomplete = fields.Integer(required=True)
    segment = fields.Integer(required=True)
    age = fields.Integer(required=True)


class Eligible(Message):
    count = fields.Integer(required=True)
    active = fields.Integer(required=True)
    month = fields.String(required=True)
    newest_month = fields.String(required=True)
    source = fields.String(required=True, allow_none=True)
    method = fields.String(required=True, allow_none=True)
    as_of = fields.String(required=True, allow_none=True)
    villages = fields.Integer(required=True)
    villages_without = fields.Integer(required=True)


class Programs(Message):
    """Of the registered: how many are active in each programme."""

    JKK = fields.Integer(required=True)
    JKM = fields.Integer(required=True)
    JHT = fields.Integer(required=True)


class Segment(Message):
    """active: in JKK and JKM both."""

    registered = fields.Integer(required=True)
    active = fields.Integer(required=True)


class Apart(Message):
    """Segments that are never mixed into the coverage of informal workers."""

    wage_earner = fields.Nested(Segment, required=True)
    apparatus = fields.Nested(Segment, required=True)


class Figures(Message):
    registered = fields.Integer(required=True)
    active = fields.Integer(required=True)
    in_arrears = fields.Integer(required=True)
    inactive = fields.Integer(required=True)
    awaiting_payment = fields.Integer(required=True)
    proposed = fields.Integer(required=True)
    covered = fields.Integer(required=True)
    unconfirmed = fields.Integer(required=True)
    ended = fields.Integer(required=True)
    not_counted = fields.Nested(NotCounted, required=True)
    programs = fields.Nested(Programs, required=True)
    apart = fields.Nested(Apart, required=True)
    eligible = fields.Nested(Eligible, required=True, allow_none=True)
    rate = fields.Float(required=True, allow_none=True)
    flag = fields.String(required=True, allow_none=True)
    interval = fields.List(fields.Float(), required=True, allow_none=True)


class FiguresOfRegion(Figures):
    code = fields.String(required=True)
    name = fields.String(required=True)


class Coverage(Message):
    within = fields.String(required=True)
    name = fields.String(required=True)
    month = fields.String(required=True)
    as_of = fields.String(required=True, allow_none=True)
    complete = fields.Boolean(required=True)
    total = fields.Nested(Figures, required=True)
    regions = fields.List(fields.Nested(FiguresOfRegion), required=True)


class AskedRules(Message):
    for_ = messages.choice("phone", default=None, named="for")


class Rules(Message):
    rules = fields.List(fields.Dict(), required=True)
    price = fields.Dict(required=True)
    sectors = fields.Dict(fields.String(), fields.String(), required=True)


class Worklists(Message):
    villages = fields.List(fields.String(), required=True)
    incomplete = fields.List(fields.Dict(), required=True)
    conflicts = fields.List(fields.Dict(), required=True)
    in_arrears = fields.List(fields.String(), required=True)
    lapsed = fields.List(fields.String(), required=True)
    due_soon = fields.List(fields.String(), required=True)
    reactivated = fields.List(fields.String(), required=True)
    cards = fields.List(fields.String(), required=True)
    to_correct = fields.List(fields.Dict(), required=True)
    corrected = fields.List(fields.Integer(), required=True)


@call(
    "GET", "/coverage",
    ("Angka kepesertaan sebuah wilayah dan wilayah di bawahnya, untuk satu bulan.",
     "Coverage figures of a region and of those one level below it, for a month."),
    who="device or person", act=ACT, query=Asked(), answers=Coverage(),
    problems=(problem.OUTSIDE_REGION, problem.NOT_FOUND, problem.INVALID),
)  # fmt: skip
def coverage() -> Response:
    known, asked, now = door.who(), door.query(Asked()), now_ms()
    within = _of_device(known, asked["within"]) if isinstance(known, Device) else asked["within"] or known.region
    if not isinstance(known, Device):
        auth.allow(known, ACT, within)
    if not region_exists(within):
        raise Refusal(problem.NOT_FOUND)
    try:
        return door.answer(figures_of(within, asked["month"] or current_month(within, now), now))
    except NotYet:
        raise door.invalid({"month": ["future-month"]}) from None


def _of_device(device: Device, within: str | None) -> str:
    """A phone sees its own villages, the first one unless it says."""
    if within is None and device.villages:
        return device.villages[0]
    if within is None or within not in device.villages:
        raise Refusal(problem.OUTSIDE_REGION)
    return within


@call(
    "GET", "/rules",
    ("Aturan program dengan tanggal dan sumbernya, dan angka untuk menghitung iuran; dengan `for=phone` hanya yang "
     "menghitung iuran, tanpa sumber.",
     "The programme's rules with their dates and sources, and the numbers that price a registration; with `for=phone` "
     "only what prices one, without sources."),
    who="device or person", query=AskedRules(), answers=Rules(), cached=True, problems=(problem.INVALID,),
)  # fmt: skip
def rules() -> Response:
    door.who()
    told = rules_for_phones if door.query(AskedRules())["for_"] == "phone" else rules_told
    response = door.answer_cached(told(door.lang()))
    response.vary.add("Accept-Language")
    return response


@call(
    "GET", "/worklists",
    ("Yang perlu dikerjakan di desa-desa ponsel ini.", "What is to be done in this device's villages."),
    who="device", answers=Worklists(), cached=True,
)  # fmt: skip
def worklists_of_device() -> Response:
    return door.answer_cached(worklists(door.device(), door.lang()))
