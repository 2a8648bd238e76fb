"""Any exception becomes a problem response (RFC 9457) and one log line, never with a worker's data in it."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response
from werkzeug.exceptions import HTTPException

from schemas import problem
from schemas.change import dumps
from schemas.problem import Problem
from server import log


class Refusal(Exception):
    """A request is refused with a problem; `values` are its members, `headers` go with the answer."""

    def __init__(self, what: Problem, headers: dict[str, str] | None = None, **values: Any) -> None:
        super().__init__(what.slug)
        self.what, self.headers, self.values = what, headers or {}, values


_BY_STATUS = {
    400: problem.BAD_REQUEST, 403: problem.FORBIDDEN, 404: problem.NOT_FOUND, 405: problem.METHOD_NOT_ALLOWED,
    413: problem.TOO_LARGE, 415: problem.UNSUPPORTED_MEDIA, 429: problem.TOO_MANY,
}  # fmt: skip


def problem_response(what: Problem, lang: str, headers: dict[str, str] | None = None, **values: Any) -> Response:
    """The problem in one language, as `application/problem+json`."""
    answer = Response(dumps(what.body(lang, **values)), what.status, content_type="application/problem+json")
    answer.headers.update({"Cache-Control": "no-store", "Content-Language": lang} | (headers or {}))
    if what.status == 401:
        answer.headers["WWW-Authenticate"] = 'Bearer realm="sambung"'
    return answer


def init_problems(app: Flask, lang_of_request: Any) -> None:
    """lang_of_request: a function that says in which language the caller reads."""

    @app.errorhandler(Refusal)
    def refuse(refusal: Refusal) -> Response:
        log.refused(refusal.what.slug, refusal.what.status)
        return problem_response(refusal.what, lang_of_request(), refusal.headers, **refusal.values)

    @app.errorhandler(HTTPException)
    def refuse_http(error: HTTPException) -> Response:
        what = _BY_STATUS.get(error.code or 500, problem.BAD_REQUEST if (error.code or 500) < 500 else problem.INTERNAL)
        kept = {name: value for name, value in error.get_headers() if name in ("Allow", "Location", "Retry-After")}
        return problem_response(what, lang_of_request(), kept)

    @app.errorhandler(Exception)
    def fail(error: Exception) -> Response:
        log.failed(error)
        return problem_response(problem.INTERNAL, lang_of_request())
