"""`/api/v1/workers/<record>/membership`: the story of one membership, with who said so and since when that is known."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import fields

from schemas import problem
from schemas.change import from_ms
from server import audit
from server.actions import memberships
from server.actions.memberships import Fact, Membership, Paid, Told
from server.api import door
from server.api.messages import Message
from server.api.routes import call
from server.clock import now_ms
from server.problems import Refusal

ACT = "see people"


class FactTold(Message):
    by = fields.String(required=True, allow_none=True, metadata={"description": "officer or account; null: a job"})
    at_desk = fields.Boolean(required=True)
    received = fields.String(required=True)
    list = fields.Integer(required=True, allow_none=True, metadata={"description": "number of the list it was taken from"})
    row = fields.Integer(required=True, allow_none=True)


class SaidTold(Message):
    state = fields.String(required=True)
    arrears = fields.Integer(required=True)


class StepTold(SaidTold):
    since = fields.String(required=True)
    until = fields.String(required=True, allow_none=True)
    why = fields.String(required=True)
    month = fields.String(required=True, allow_none=True)
    known_on = fields.String(required=True)
    told_then = fields.Nested(SaidTold, required=True, allow_none=True)
    learned = fields.Boolean(required=True)
    facts = fields.List(fields.Nested(FactTold), required=True)


class PaidTold(Message):
    record = fields.String(required=True)
    months = fields.List(fields.String(), required=True)
    programs = fields.List(fields.String(), required=True)
    funding = fields.String(required=True, allow_none=True)
    paid_on = fields.String(required=True, allow_none=True)
    confirmed_on = fields.String(required=True, allow_none=True)
    known_on = fields.String(required=True, allow_none=True)
    entered = fields.Nested(FactTold, required=True)
    confirmed = fields.Nested(FactTold, required=True, allow_none=True)
    changed_since = fields.Boolean(required=True)


class MoveTold(Message):
    day = fields.String(required=True)
    left = fields.String(required=True)
    came = fields.String(required=True)
    fact = fields.Nested(FactTold, required=True, allow_none=True)


class MembershipTold(Message):
    record = fields.String(required=True)
    village = fields.String(required=True)
    as_of = fields.String(required=True)
    now = fields.List(fields.Nested(StepTold), required=True)
    then = fields.List(fields.Nested(StepTold), required=True)
    first_active = fields.String(required=True, allow_none=True)
    active_since = fields.String(required=True, allow_none=True)
    payments = fields.List(fields.Nested(PaidTold), required=True)
    moves = fields.List(fields.Nested(MoveTold), required=True)
    kpj = fields.String(required=True, allow_none=True)
    kpj_by = fields.Nested(FactTold, required=True, allow_none=True)
    card_given_on = fields.String(required=True, allow_none=True)
    card_given_by = fields.Nested(FactTold, required=True, allow_none=True)


@call(
    "GET", "/workers/<record>/membership",
    ("Riwayat kepesertaan seorang pekerja: keadaan demi keadaan menurut catatan sekarang (`now`) dan seperti yang "
     "dikatakan pada harinya (`then`), dengan sebab dan siapa yang mengatakannya.",
     "The story of a worker's membership: state by state as it is known now (`now`) and as it was told on its day "
     "(`then`), with what made it so and who said that."),
    who="person", act=ACT, answers=MembershipTold(), problems=(problem.FORBIDDEN, problem.NOT_FOUND),
)  # fmt: skip
def membership(record: str) -> Response:
    _, scope = door.scope(ACT, None)
    found = memberships.story_of(scope, record, now_ms())
    if found is None:
        raise Refusal(problem.NOT_FOUND)
    audit.look("open", region=found.village, record=found.record, part="membership")
    return door.answer(_told(found))


def _told(found: Membership) -> dict[str, Any]:
    return {
        "record": found.record, "village": found.village, "as_of": found.day.isoformat(),
        "now": [_step(each) for each in found.now], "then": [_step(each) for each in found.then],
        "first_active": _day(found.first_active), "active_since": _day(found.active_since),
        "payments": [_paid(each) for each in found.paid],
        "moves": [
            {"day": each.day.isoformat(), "left": each.left, "came": each.came, "fact": _fact(each.fact)}
            for each in found.moves
        ],
        "kpj": found.number, "kpj_by": _fact(found.number_by),
        "card_given_on": found.given_on, "card_given_by": _fact(found.given_by),
    }  # fmt: skip


def _step(told: Told) -> dict[str, Any]:
    step = told.step
    return {
        "state": step.state, "arrears": step.arrears, "since": step.since.isoformat(), "until": _day(step.until),
        "why": step.why, "month": step.month, "known_on": step.known_on.isoformat(),
        "told_then": step.told._asdict() if step.told else None, "learned": step.learned,
        "facts": [_fact(fact) for fact in told.facts],
    }  # fmt: skip


def _paid(paid: Paid) -> dict[str, Any]:
    return {
        "record": paid.record, "months": list(paid.months), "programs": list(paid.programs), "funding": paid.funding,
        "paid_on": paid.paid_on, "confirmed_on": paid.confirmed_on, "known_on": _day(paid.known_on),
        "entered": _fact(paid.entered), "confirmed": _fact(paid.confirmed), "changed_since": paid.is_held,
    }  # fmt: skip


def _fact(fact: Fact | None) -> dict[str, Any] | None:
    if fact is None:
        return None
    number, row = fact.list or (None, None)
    by = fact.by
    return {
        "by": by.name if by else None, "at_desk": bool(by and by.is_desk), "received": from_ms(fact.at), "list": number,
        "row": row,
    }  # fmt: skip


def _day(day: Any) -> str | None:
    return None if day is None else str(day)
