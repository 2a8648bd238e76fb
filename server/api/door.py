"""What every call of programs goes through: who calls, in which language, and how much may come in."""

from __future__ import annotations

import zlib
from hashlib import sha256
from typing import Any

from flask import Response, current_app, g, request
from marshmallow import Schema, ValidationError

from schemas import problem
from schemas.change import dumps
from schemas.problem import complain, language
from schemas.wire import BadMessage, plain, read_json
from server import auth
from server.actions.enrol import TooManyRefusals
from server.actions.regions import region_exists
from server.clock import now_ms
from server.config import Settings
from server.limits import Shares
from server.problems import Refusal, problem_response
from server.store.accounts import Account
from server.store.devices import Device
from server.store.scoping import Scope

WORTH_COMPRESSING = 300  # bytes
_CHUNK = 64 * 1024


def settings() -> Settings:
    chosen: Settings = current_app.extensions["sambung"]
    return chosen


def lang() -> str:
    """`id` or `en`, after Accept-Language."""
    return language(request.headers.get("Accept-Language"))


def arrived_at() -> int:
    """When the request began to arrive, in milliseconds."""
    at: int = g.arrived_at
    return at


def address() -> str:
    return request.remote_addr or ""


def who() -> Device | Account:
    """The device or person who calls. Raises Refusal (401, 429)."""
    known = auth.caller(bearer(), now_ms())
    shares: Shares = current_app.extensions["sambung.shares"]
    shares.take(known)
    return known


def bearer() -> str | None:
    """The token of the call, as it was sent."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def device() -> Device:
    """The device that calls. Raises Refusal: 401, 403 for a person, 429."""
    known = who()
    if not isinstance(known, Device):
        raise Refusal(problem.FORBIDDEN)
    return known


def person(act: str, region: str | None = None) -> Account:
    """The person who calls, if he may do that there. Raises Refusal."""
    return auth.allow(who(), act, region)


def scope(act: str, within: str | None) -> tuple[Account, Scope]:
    """The person who calls and the region asked for, his own when none is. Raises Refusal: 401, 403, 404, 429."""
    known, region = auth.scope_of(who(), act, within)
    if not region_exists(region):
        raise Refusal(problem.NOT_FOUND)
    return known, region


def body() -> bytes:
    """The request's body, inflated, of bounded size. Raises Refusal (400, 413, 415) before it costs memory."""
    most = settings().max_bytes
    if request.mimetype and not (request.mimetype == "application/json" or request.mimetype.endswith("+json")):
        raise Refusal(problem.UNSUPPORTED_MEDIA)
    if (request.content_length or 0) > most:
        raise too_large()
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding in ("", "identity"):
        sent = request.stream.read(most + 1)
        if len(sent) > most:
            raise too_large()
        return sent
    if encoding not in ("gzip", "x-gzip"):
        raise Refusal(problem.UNSUPPORTED_MEDIA)
    return _inflate(most)


def _inflate(most: int) -> bytes:
    """One layer of gzip, whole and with nothing behind it."""
    inflater, parts, left = zlib.decompressobj(31), [], most
    while chunk := request.stream.read(_CHUNK):
        try:
            part = inflater.decompress(chunk, left + 1)
        except zlib.error:
            raise Refusal(problem.BAD_GZIP) from None
        left -= len(part)
        if left < 0:
            raise too_large()
        parts.append(part)
        if inflater.eof and (inflater.unused_data or request.stream.read(1)):
            raise Refusal(problem.BAD_GZIP)
    if not inflater.eof:
        raise Refusal(problem.BAD_GZIP)
    return b"".join(parts)


def too_large() -> Refusal:
    return Refusal(problem.TOO_LARGE, max_bytes=settings().max_bytes, max_changes=settings().max_changes)


def load(schema: Schema) -> dict[str, Any]:
    """A small JSON body after a schema. Raises Refusal (400, 413, 422)."""
    try:
        given = plain(read_json(body()), 1)
    except BadMessage:
        raise Refusal(problem.NOT_JSON) from None
    if type(given) is not dict:
        raise Refusal(problem.BAD_REQUEST)
    return _loaded(schema, given)


def query(schema: Schema) -> dict[str, Any]:
    """The query string after a schema. Raises Refusal (422)."""
    return _loaded(schema, request.args.to_dict())


def _loaded(schema: Schema, given: dict[str, Any]) -> dict[str, Any]:
    try:
        loaded: dict[str, Any] = schema.load(given)
    except ValidationError as error:
        raise invalid({field: _codes(said) for field, said in error.normalized_messages().items()}) from None
    return loaded


def _codes(said: Any) -> list[str]:
    """The codes in what marshmallow says of one field; of its parts without saying which."""
    if isinstance(said, str):
        return [said]
    inner = said.values() if isinstance(said, dict) else said
    return list(dict.fromkeys(code for one in inner for code in _codes(one)))


def invalid(errors: Any) -> Refusal:
    """Some fields need correcting. errors: {field: [codes]}."""
    return Refusal(problem.INVALID, errors=complaints(errors, lang()))


def complaints(errors: Any, language_code: str) -> dict[str, list[str]]:
    """A verdict's codes as sentences."""
    return {field: [complain(code, language_code) for code in codes] for field, codes in errors.items()}


def answer(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """JSON, compressed where the client takes it and it is worth it."""
    return answer_text(value if isinstance(value, str) else dumps(value), status, headers)


def answer_text(text: str, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    raw = text.encode()
    headers = {"Cache-Control": "no-store"} | (headers or {})
    response = Response(raw, status, content_type="application/json", headers=headers)
    if len(raw) >= WORTH_COMPRESSING and request.accept_encodings["gzip"] > 0:
        squeeze = zlib.compressobj(6, zlib.DEFLATED, 31)
        response.set_data(squeeze.compress(raw) + squeeze.flush())
        response.headers["Content-Encoding"] = "gzip"
    response.vary.add("Accept-Encoding")
    return response


def answer_cached(value: Any) -> Response:
    """JSON that changes rarely: with an ETag, and 304 without a body for a client that has it already."""
    text = value if isinstance(value, str) else dumps(value)
    response = answer_text(text, headers={"Cache-Control": "private, no-cache"})
    response.set_etag(etag_of(text), weak=True)  # weak: gzip or not, it says the same
    response.make_conditional(request)
    return response


def etag_of(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:32]


def init_door(app: Any) -> None:
    app.extensions["sambung.shares"] = Shares(app.extensions["sambung"].device_requests_per_minute)

    @app.before_request
    def note_arrival() -> None:
        g.arrived_at = now_ms()
        auth.nobody_acts()

    @app.teardown_request
    def leave(error: BaseException | None) -> None:
        auth.nobody_acts()

    @app.errorhandler(TooManyRefusals)
    def wait(error: TooManyRefusals) -> Response:
        return problem_response(
            problem.TOO_MANY, lang(), {"Retry-After": str(error.seconds)}, retry_after=error.seconds
        )
