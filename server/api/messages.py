"""What the calls take and give, for reading small bodies and for the OpenAPI description."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, missing, validate

from schemas import region as regions
from schemas.change import MAX_SEQ
from schemas.storable import is_clean

_SAID: Any = {"required": "required", "null": "required"}
_INTEGER = re.compile(r"-?[0-9]{1,18}\Z")


class Message(Schema):
    """Unknown members are passed over: a newer client may say more than we know. Complaints are codes."""

    class Meta:
        unknown = EXCLUDE


class _Text(fields.String):
    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **more: Any) -> str:
        if type(value) is not str:
            raise ValidationError("not-text")
        if not is_clean(value):
            raise ValidationError("text-unclean")
        return value


def text(most: int, *, least: int = 0, required: bool = False, default: Any = missing, **more: Any) -> fields.String:
    """Text of a bounded length, as it is: with a default it may be left out, and null counts as that."""
    bounds = [
        validate.Length(max=most, error=f"too-long:{most}"),
        *([validate.Length(min=least, error="empty")] if least else []),
    ]
    more |= {"load_default": default, "allow_none": default is None}
    return _Text(required=required, validate=bounds, error_messages=_SAID, **more)


class _Number(fields.Integer):
    """A whole number: 23.0 is one, true and "23" are none, save in a query, where all is text."""

    def __init__(self, low: int, high: int, *, in_query: bool, **more: Any) -> None:
        within = validate.Range(low, high, error=f"out-of-range:{low}:{high}")
        super().__init__(validate=within, error_messages=_SAID, **more)
        self.in_query = in_query

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **more: Any) -> int:
        if self.in_query and type(value) is str and _INTEGER.match(value):
            return int(value)
        if type(value) is not int or self.in_query:
            raise ValidationError("not-a-whole-number")
        return value


def number(low: int, high: int, *, default: Any = missing, required: bool = False) -> fields.Integer:
    """A whole number of a JSON body."""
    return _Number(low, high, in_query=False, required=required, load_default=default)


def asked_number(low: int, high: int, *, default: Any = missing) -> fields.Integer:
    """A whole number of a query string."""
    return _Number(low, high, in_query=True, load_default=default)


class _Truth(fields.Boolean):
    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **more: Any) -> bool:
        if type(value) is not bool:
            raise ValidationError("not-true-or-false")
        return value


def truth(*, required: bool = False) -> fields.Boolean:
    """True or false in a JSON body."""
    return _Truth(required=required, error_messages=_SAID)


def choice(*words: str, required: bool = False, default: Any = missing, named: str | None = None) -> fields.String:
    """named: as it is called outside, where that is no name in Python."""
    one = validate.OneOf(words, error="not-one-of:" + " | ".join(words))
    return _Text(required=required, load_default=default, data_key=named, validate=one, error_messages=_SAID)


def _check_region(code: str) -> None:
    if not regions.is_shape(code):
        raise ValidationError("bad-region")


def region(**more: Any) -> fields.String:
    """A region's code in a query string; left out, it is the caller's own."""
    shape = {"pattern": f"^(?:{regions.CODE.pattern}|{regions.NATION})$", "maxLength": 13, "examples": ["64.02"]}
    more = {"load_default": None} | more
    return _Text(validate=_check_region, metadata=shape, error_messages=_SAID, **more)


def record_id(*, required: bool = False) -> fields.String:
    form = validate.Regexp(r"[A-Za-z0-9:_.-]{1,64}\Z", error="bad-record-id")
    shape = {"pattern": "^[A-Za-z0-9:_.-]{1,64}$"}
    return _Text(required=required, validate=form, metadata=shape, error_messages=_SAID)


class _Seen(fields.Dict):
    """What the page showed when it was opened: device -> seq, as the record told it."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **more: Any) -> dict[str, int]:
        if type(value) is not dict or len(value) > 1000 or not all(map(_is_seen, value.items())):
            raise ValidationError("bad-seen")
        return value


def _is_seen(item: tuple[str, Any]) -> bool:
    device, seq = item
    return len(device) <= 40 and device.isascii() and device.isalnum() and type(seq) is int and 0 <= seq <= MAX_SEQ


class _Fields(fields.Dict):
    """Field -> value, after the record's kind; what stands in it is judged there."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **more: Any) -> dict[str, Any]:
        if type(value) is not dict or not value:
            raise ValidationError("no-fields")
        return value


def seen(*, required: bool = False) -> fields.Dict:
    return _Seen(fields.String(), fields.Integer(), required=required, error_messages=_SAID)


def record_fields(*, required: bool = False) -> fields.Dict:
    return _Fields(data_key="fields", required=required, error_messages=_SAID)


class Village(Message):
    code = fields.String(required=True)
    name = fields.String(required=True)


class Officer(Message):
    id = fields.Integer(required=True)
    name = fields.String(required=True)


class Limits(Message):
    max_changes = fields.Integer(required=True)
    max_bytes = fields.Integer(required=True)


class ServerKey(Message):
    id = fields.String(required=True)
    public = fields.String(required=True)


class Enrol(Message):
    code = text(100, required=True, least=1)
    attempt = text(200, default=None)
    name = text(200, default="")
    platform = text(200, default="")
    former = text(40, default=None)


class Enrolled(Message):
    device = fields.String(required=True)
    token = fields.String(required=True)
    officer = fields.Nested(Officer, required=True)
    epoch = fields.String(required=True)
    villages = fields.List(fields.Nested(Village), required=True)
    acked = fields.Integer(required=True)
    limits = fields.Nested(Limits, required=True)
    server_key = fields.Nested(ServerKey, required=True)
    server_time = fields.String(required=True)


class Taken(Message):
    """What became of a bundle: never records, since whoever carries one may be anybody."""

    device = fields.String(required=True)
    acked = fields.Integer(required=True)
    results = fields.List(fields.Nested("Result"), required=True)
    epoch = fields.String(required=True)
    server_time = fields.String(required=True)


class Recover(Message):
    """wrapped: the phone's data key, sealed to the server's key `key_id`: base64url of `enc` and ciphertext."""

    device = text(40, required=True, least=1)
    code = text(100, required=True, least=1)
    key_id = text(40, required=True, least=1)
    wrapped = text(400, required=True, least=1)


class Recovered(Message):
    key = fields.String(required=True)


class Login(Message):
    name = text(200, required=True, least=1)
    password = text(1000, required=True, least=1)
    code = text(20, default=None)  # of the second factor, for accounts that have one


class LoggedIn(Message):
    token = fields.String(required=True)
    role = fields.String(required=True)
    region = fields.String(required=True)
    expires = fields.String(required=True)


class Me(Message):
    """Of a device: `device`, `officer` and `villages`; of a person: `user` and `region`."""

    device = fields.String()
    user = fields.String()
    officer = fields.Nested(Officer, required=True, allow_none=True)
    role = fields.String(required=True)
    villages = fields.List(fields.Nested(Village))
    region = fields.String()
    server_time = fields.String(required=True)
    epoch = fields.String(required=True)
    app = fields.String(required=True)


class RegionsAsked(Message):
    within = region(load_default="id")
    depth = asked_number(1, 4, default=None)


class Regions(Message):
    within = fields.String(required=True)
    name = fields.String(required=True)
    regions = fields.List(fields.Nested(Village), required=True)
    attribution = fields.String(required=True)


class Form(Message):
    """kind: of which records it makes or changes one. does: `create` or `edit`. title: by language."""

    name = fields.String(required=True)
    version = fields.Integer(required=True)
    kind = fields.String(required=True)
    does = fields.String(required=True, validate=validate.OneOf(["create", "edit"]))
    title = fields.Dict(fields.String(), fields.String(), required=True)
    etag = fields.String(required=True)
    published_at = fields.String(required=True)


class Forms(Message):
    forms = fields.List(fields.Nested(Form), required=True)


class Question(Message):
    name = fields.String(required=True)


class FormBody(Message):
    """As compiled from its XLSForm; `field_forms/README.md` says what each part means."""

    name = fields.String(required=True)
    version = fields.Integer(required=True)
    kind = fields.String()
    does = fields.String()
    title = fields.Dict(fields.String(), fields.String())
    languages = fields.List(fields.String())
    choices = fields.Dict()
    dynamic = fields.List(fields.String())
    record = fields.List(fields.Raw())
    questions = fields.List(fields.Nested(Question), required=True)


class Page(Message):
    """Which part of a list: `within` a region, from `cursor` on, `limit` entries at the most."""

    within = region()
    cursor = text(120, default=None)
    limit = asked_number(1, 200, default=50)


class Waiting(Page):
    all = fields.Boolean(load_default=False, error_messages={"invalid": "not-true-or-false"})


class Devices(Page):
    silent = asked_number(0, 3650, default=None)


class Settle(Message):
    record = record_id(required=True)
    seen = _Seen(fields.String(), fields.Integer(), required=True, error_messages=_SAID)
    fields_ = _Fields(data_key="fields", required=True, error_messages=_SAID)


class Link(Message):
    a = record_id(required=True)
    b = record_id(required=True)
    same = truth(required=True)
    reason = text(2000, default="")


class Decide(Message):
    device = record_id(required=True)
    seq = number(1, MAX_SEQ, required=True)
    do = choice("create", "quarantine", required=True)


class Change(Message):
    seq = fields.Integer(required=True, validate=validate.Range(1, 2**53 - 1))
    kind = fields.String()
    record = fields.String()
    village = fields.String()
    seen = fields.Dict(fields.String(), fields.Integer())
    at = fields.String()
    form = fields.String(allow_none=True)
    fields_ = fields.Dict(data_key="fields")


class Sync(Message):
    sent_at = fields.String(allow_none=True)
    changes = fields.List(fields.Nested(Change), required=True)
    epoch = fields.String(allow_none=True)
    cursors = fields.Dict(fields.String(), fields.Integer())
    limit = fields.Integer(allow_none=True)
    lost_to = fields.Integer(allow_none=True)
    status = fields.Dict()


class Result(Message):
    seq = fields.Integer(required=True)
    status = fields.String(required=True, validate=validate.OneOf(["merged", "conflict", "received", "quarantined"]))
    version = fields.Integer()
    fields_ = fields.List(fields.String(), data_key="fields")
    errors = fields.Dict(fields.String(), fields.List(fields.String()))


class Record(Message):
    kind = fields.String()
    record = fields.String(required=True)
    village = fields.String()
    version = fields.Integer()
    seen = fields.Dict(fields.String(), fields.Integer())
    fields_ = fields.Dict(data_key="fields")
    conflicts = fields.Dict()
    derived = fields.Dict()
    gone = fields.String(validate=validate.OneOf(["moved", "linked", "erased"]))
    into = fields.String()


class Notice(Message):
    id = fields.Integer(required=True)
    record = fields.String(allow_none=True)
    text = fields.String(required=True)
    at = fields.String(required=True)
    why = fields.String(validate=validate.OneOf(["returned"]))


class Synced(Message):
    server_time = fields.String(required=True)
    epoch = fields.String(required=True)
    acked = fields.Integer(required=True)
    results = fields.List(fields.Nested(Result), required=True)
    records = fields.List(fields.Nested(Record), required=True)
    cursors = fields.Dict(fields.String(), fields.Integer(), required=True)
    more = fields.Boolean(required=True)
    wanted = fields.List(fields.String(), required=True)
    notices = fields.List(fields.Nested(Notice), required=True)
    server_key = fields.Nested(ServerKey, metadata={"description": "when the device may hold another"})


class Conflicts(Message):
    records = fields.List(fields.Nested(Record), required=True)
    next = fields.String(required=True, allow_none=True)


class Linked(Message):
    """The records as they now are: one when they were joined, both when they were parted."""

    link = fields.String(required=True)
    records = fields.List(fields.Nested(Record), required=True)


_SENT = {"description": "as it came; null once erased, and when its `size` is above 16,384 characters"}


class Quarantined(Message):
    device = fields.String(required=True)
    seq = fields.Integer(required=True)
    officer = fields.Nested(Officer, required=True, allow_none=True, metadata={"description": "for those who may see"})
    received = fields.String(required=True)
    record = fields.String(required=True)
    kind = fields.String(required=True)
    village = fields.String(required=True)
    sent = fields.Dict(required=True, allow_none=True, metadata=_SENT)
    size = fields.Integer(required=True, allow_none=True)
    errors = fields.Dict(fields.String(), fields.List(fields.String()), required=True)


class Quarantine(Message):
    changes = fields.List(fields.Nested(Quarantined), required=True)
    next = fields.String(required=True, allow_none=True)


class StillWaiting(Message):
    device = fields.String(required=True)
    seq = fields.Integer(required=True)
    officer = fields.Nested(Officer, required=True, allow_none=True)
    since = fields.String(required=True)
    why = fields.String(required=True, validate=validate.OneOf(["busy", "record", "order"]))
    text = fields.String(required=True)
    record = fields.String(required=True)
    kind = fields.String(required=True)
    village = fields.String(required=True)
    sent = fields.Dict(required=True, allow_none=True, metadata=_SENT)
    size = fields.Integer(required=True, allow_none=True)


class AllWaiting(Message):
    changes = fields.List(fields.Nested(StillWaiting), required=True)
    next = fields.String(required=True, allow_none=True)


class Decided(Message):
    device = fields.String(required=True)
    seq = fields.Integer(required=True)
    status = fields.String(required=True, validate=validate.OneOf(["merged", "received", "quarantined"]))


def _or_null(field: type[fields.Field]) -> fields.Field:
    return field(required=True, allow_none=True)


class KnownDevice(Message):
    """From `app` to `free_bytes` what it last said of itself; null where it said nothing. lost: seqs it gave up."""

    id = fields.String(required=True)
    officer = _or_null(fields.String)
    villages = fields.List(fields.String(), required=True)
    name = fields.String(required=True)
    enrolled = fields.String(required=True)
    last_contact = _or_null(fields.String)
    acked = fields.Integer(required=True)
    app = _or_null(fields.String)
    queued = _or_null(fields.Integer)
    oldest = _or_null(fields.String)
    persisted = _or_null(fields.Boolean)
    free_bytes = _or_null(fields.Integer)
    clock_offset_seconds = fields.Integer(required=True)
    silent_since = _or_null(fields.String)
    forked = _or_null(fields.String)
    revoked = _or_null(fields.String)
    successor = _or_null(fields.String)
    lost = fields.Integer(required=True)


class KnownDevices(Message):
    devices = fields.List(fields.Nested(KnownDevice), required=True)
    next = fields.String(required=True, allow_none=True)
