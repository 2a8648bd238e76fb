"""What the calls take and give, for reading small bodies and for the OpenAPI description."""

from __future__ import annotations

from marshmallow import EXCLUDE, Schema, fields, validate


class Message(Schema):
    """Unknown members are passed over: a newer client may say more than we know."""

    class Meta:
        unknown = EXCLUDE


def text(most: int, *, required: bool = False, least: int = 0) -> fields.String:
    return fields.String(required=required, validate=validate.Length(least, most))


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
    attempt = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=200))
    name = fields.String(load_default="", validate=validate.Length(max=200))
    platform = fields.String(load_default="", validate=validate.Length(max=200))
    former = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=40))


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
