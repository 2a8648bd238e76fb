"""`/api/v1/duties`: the half-yearly report of a region, as JSON."""

from __future__ import annotations

from flask import Response
from marshmallow import ValidationError, fields, validates

from programme.duties import half_of, is_half
from schemas import problem
from server.actions import duties as acts
from server.api import door, messages
from server.api.messages import Message
from server.api.routes import call
from server.clock import day_at, now_ms

ACT = "see figures"


class AskedDuties(Message):
    within = messages.region()
    half = messages.text(6, default=None, metadata={"pattern": "^20[2-9][0-9]-[12]$", "examples": ["2026-2"]})

    @validates("half")
    def check_half(self, text: str | None, **_: object) -> None:
        if text is not None and not is_half(text):
            raise ValidationError("bad-half")


class TopicTold(Message):
    """Of the duties of a topic: how many are owed, done, under way."""

    owed = fields.Integer(required=True)
    done = fields.Integer(required=True)
    in_progress = fields.Integer(required=True)


class DutyTold(Message):
    """record: of `/entries`. is_said: whether anything was noted. lacks: fields without which it can't be checked."""

    record = fields.String(required=True)
    duty = fields.String(required=True)
    topic = fields.String(required=True)
    institution = fields.Dict(fields.String(), fields.String(), required=True)
    title = fields.Dict(fields.String(), fields.String(), required=True)
    source = fields.String(required=True)
    confidence = fields.String(required=True)
    verified = fields.Boolean(required=True)
    state = fields.String(required=True)
    is_said = fields.Boolean(required=True)
    lacks = fields.List(fields.String(), required=True)
    document = fields.String(required=True, allow_none=True)
    dated = fields.String(required=True, allow_none=True)
    amount = fields.Integer(required=True, allow_none=True)
    people = fields.Integer(required=True, allow_none=True)
    evidence = fields.String(required=True, allow_none=True)


class PartTold(Message):
    """duties: of its own, code -> state; topics: all that lies below it counted in; lacking: topics that are not done."""

    code = fields.String(required=True)
    name = fields.String(required=True)
    duties = fields.Dict(fields.String(), fields.String(), required=True)
    topics = fields.Dict(fields.String(), fields.Nested(TopicTold), required=True)
    lacking = fields.List(fields.String(), required=True)
    amount = fields.Integer(required=True, allow_none=True)
    people = fields.Integer(required=True, allow_none=True)


class DutyReport(Message):
    within = fields.String(required=True)
    name = fields.String(required=True)
    half = fields.String(required=True)
    from_ = fields.String(required=True, data_key="from")
    to = fields.String(required=True)
    due = fields.String(required=True)
    duties = fields.List(fields.Nested(DutyTold), required=True)
    topics = fields.Dict(fields.String(), fields.Nested(TopicTold), required=True)
    regions = fields.List(fields.Nested(PartTold), required=True)


@call(
    "GET", "/duties",
    ("Laporan semester tugas Inpres 2/2021 sebuah wilayah: siapa sudah dan siapa belum, dengan wilayah di bawahnya.",
     "A region's half-yearly report on its duties by Inpres 2/2021: who has done what and who lacks it, with its parts."),
    who="person", act=ACT, query=AskedDuties(), answers=DutyReport(),
    problems=(problem.OUTSIDE_REGION, problem.NOT_FOUND, problem.INVALID),
)  # fmt: skip
def duties_told() -> Response:
    asked, now = door.query(AskedDuties()), now_ms()
    _, scope = door.scope(ACT, asked["within"])
    current = half_of(day_at(now, scope))
    half = asked["half"] or current
    if half > current:
        raise door.invalid({"half": ["future-month"]})
    return door.answer(acts.as_json(acts.report(scope, str(scope), half, now)))
