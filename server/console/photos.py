"""A photo that somebody's record names, for who may see that record; no browser keeps it, and every look is noted."""

from __future__ import annotations

from flask import Response, current_app

from schemas import problem
from schemas.files import TYPES, is_sha256
from server import audit
from server.actions import files
from server.console.door import Asking, desk
from server.problems import Refusal


@desk("/photos/<sha256>", "see people")
def photo(asking: Asking, sha256: str) -> Response:
    settings = current_app.extensions["sambung"]
    content = files.see(sha256, asking.account, settings) if is_sha256(sha256) else None
    if content is None or content.type not in TYPES:
        raise Refusal(problem.NOT_FOUND)
    audit.look("photo", region=asking.scope, records=files.people_on(sha256, asking.account))
    return Response(content.body, content_type=content.type, headers={"Cache-Control": "private, no-store"})
