"""`/api/v1/files`: photos and signatures, by the resumable upload protocol tus 1.0.0 (protocol section 5).

A phone on a line that breaks sends a photo in parts; what came before a cut is kept, and `HEAD` says how far that is.
Core, creation (with upload), checksum, termination and expiration are offered; anything else of tus is not.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from email.utils import formatdate
from functools import wraps
from typing import Any

from flask import Response, request
from werkzeug.exceptions import ClientDisconnected

from schemas import problem
from schemas.files import TYPES, is_sha256
from server import audit
from server.actions import files
from server.api import door
from server.api.routes import PREFIX, api, call
from server.auth import allow
from server.clock import now_ms
from server.problems import Refusal
from server.store.contents import Busy
from server.store.devices import Device

FILES = "/files"
VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,checksum,termination,expiration"
PART = "application/offset+octet-stream"
NO_PAGE = "default-src 'none'; sandbox; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
_CHUNK = 64 * 1024
_NUMBER = re.compile(r"[0-9]{1,40}\Z")
_ID = re.compile(r"[A-Za-z0-9_-]{24}\Z")
_OVERRIDDEN = ("PATCH", "DELETE", "HEAD")

RESUMABLE = ("Tus-Resumable*", f"`{VERSION}`")
UPLOADS = (problem.TUS_VERSION, problem.NOT_FOUND)


def heed_override(application: Any) -> Any:
    """Some proxies let nothing but GET and POST through; tus names the method meant in a header then."""

    def heeding(environ: dict[str, Any], start_response: Any) -> Any:
        meant = environ.get("HTTP_X_HTTP_METHOD_OVERRIDE", "").upper()
        if meant in _OVERRIDDEN and environ.get("PATH_INFO", "").startswith(PREFIX + FILES + "/"):
            if meant == "HEAD" and environ["REQUEST_METHOD"] != "HEAD":
                start_response = _bodiless(start_response)
            environ["REQUEST_METHOD"] = meant
        return application(environ, start_response)

    return heeding


def _bodiless(start_response: Any) -> Any:
    """A HEAD's answer names the length of what does not come; who called by another method would wait for it."""

    def starting(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
        kept = [(name, value) for name, value in headers if name.lower() != "content-length"]
        return start_response(status, [*kept, ("Content-Length", "0")], *more)

    return starting


def by_tus(function: Callable[..., Response]) -> Callable[..., Response]:
    """A call of tus: it is one of this version, and every answer says so, refusals too."""

    @wraps(function)
    def answering(**named: Any) -> Response:
        try:
            device = door.device()
            if request.headers.get("Tus-Resumable") != VERSION:
                raise Refusal(problem.TUS_VERSION, {"Tus-Version": VERSION})
            response = _answering(function, device=device, **named)
        except Refusal as refusal:
            refusal.headers["Tus-Resumable"] = VERSION
            raise
        response.headers["Tus-Resumable"] = VERSION
        return response

    return answering


def _answering(function: Callable[..., Response], **named: Any) -> Response:
    """What the actions say of an upload, as this door says it."""
    try:
        return function(**named)
    except files.NoSuchUpload:
        raise Refusal(problem.NOT_FOUND) from None
    except files.WrongType:
        raise Refusal(problem.FILE_TYPE) from None
    except files.TooLarge:
        raise Refusal(problem.FILE_TOO_LARGE, max_bytes=door.settings().max_file_bytes) from None
    except files.WrongOffset as wrong:
        raise Refusal(problem.UPLOAD_OFFSET, {"Upload-Offset": str(wrong.offset)}, offset=wrong.offset) from None
    except files.WrongChecksum:
        raise Refusal(problem.CHECKSUM_MISMATCH) from None
    except files.Damaged:
        raise Refusal(problem.NOT_FOUND if request.method == "HEAD" else problem.FILE_DAMAGED) from None
    except Busy:
        raise Refusal(problem.UPLOAD_BUSY, {"Retry-After": "1"}) from None


@api.route(FILES, methods=["OPTIONS"], provide_automatic_options=False)
def tus_options() -> Response:
    """What this server knows of tus; without a token."""
    return Response(status=204, headers={
        "Allow": "POST, OPTIONS", "Tus-Resumable": VERSION, "Tus-Version": VERSION, "Tus-Extension": EXTENSIONS,
        "Tus-Max-Size": str(door.settings().max_file_bytes), "Tus-Checksum-Algorithm": ",".join(files.CHECKSUMS),
    })  # fmt: skip


@call(
    "POST", FILES,
    ("Umumkan sebuah foto atau tanda tangan yang akan dikirim (tus: creation).",
     "Announce a photo or a signature that will be sent (tus: creation)."),
    who="device", status=201, told=("Location", "Upload-Offset", "Upload-Expires", "Tus-Resumable"),
    headers=(RESUMABLE, ("Upload-Length*", "bytes"),
             ("Upload-Metadata*", "`sha256 <base64 of the hash in hex>,type <base64 of the media type>`")),
    problems=(problem.TUS_VERSION, problem.BAD_REQUEST, problem.FILE_TOO_LARGE, problem.FILE_TYPE, problem.UPLOAD_BUSY,
              problem.CHECKSUM_MISMATCH, problem.FILE_DAMAGED, problem.UPLOAD_OFFSET, problem.NOT_FOUND),
)  # fmt: skip
@by_tus
def announce_file(device: Any) -> Response:
    size, said = _number("Upload-Length"), _metadata(request.headers.get("Upload-Metadata", ""))
    sha256, kind = said.get("sha256", "").lower(), said.get("type", "").lower()
    if size == 0 or not is_sha256(sha256):
        raise Refusal(problem.BAD_REQUEST)
    made = files.begin(device, sha256, kind, size, door.settings(), now_ms())
    offset = made.offset
    if request.mimetype == PART and offset == 0:  # creation with upload
        offset = files.add(made.id, device, 0, _body(), _checksum(), door.settings(), now_ms())
    place = f"{request.script_root}{PREFIX}{FILES}/{made.id}"
    return Response(status=201, headers={"Location": place, "Upload-Offset": str(offset), "Upload-Expires": _expires()})


@api.route(f"{FILES}/<name>", methods=["HEAD"], provide_automatic_options=False)
def head_file(name: str) -> Response:
    """Of an upload how far it came; of a file what GET says, without its content."""
    return see_file(name) if is_sha256(name) else stand_file(name=name)


@by_tus
def stand_file(device: Any, name: str) -> Response:
    if not _ID.match(name):
        raise Refusal(problem.NOT_FOUND)
    at = files.standing(name, device, door.settings(), now_ms())
    return Response(status=200, headers={
        "Upload-Offset": str(at.offset), "Upload-Length": str(at.size), "Cache-Control": "no-store",
        "Upload-Metadata": f"sha256 {_in_base64(at.sha256)},type {_in_base64(at.type)}", "Upload-Expires": _expires(),
    })  # fmt: skip


@call(
    "PATCH", f"{FILES}/<name>",
    ("Kirim bagian berikutnya; yang sampai sebelum putus disimpan (tus: core, checksum).",
     "Send the next part; what came before a cut is kept (tus: core, checksum)."),
    who="device", status=204, takes=PART, told=("Upload-Offset", "Upload-Expires", "Tus-Resumable"),
    headers=(RESUMABLE, ("Upload-Offset*", "bytes that came before"), ("Upload-Checksum", "`sha1` or `sha256`, base64")),
    problems=(*UPLOADS, problem.UPLOAD_OFFSET, problem.UPLOAD_BUSY, problem.CHECKSUM_MISMATCH, problem.FILE_TOO_LARGE,
              problem.FILE_DAMAGED),
)  # fmt: skip
@by_tus
def send_part(device: Any, name: str) -> Response:
    if not _ID.match(name):
        raise Refusal(problem.NOT_FOUND)
    if request.mimetype != PART or request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Refusal(problem.UNSUPPORTED_MEDIA)
    at = files.add(name, device, _number("Upload-Offset"), _body(), _checksum(), door.settings(), now_ms())
    return Response(status=204, headers={"Upload-Offset": str(at), "Upload-Expires": _expires()})


@call(
    "DELETE", f"{FILES}/<name>",
    ("Batalkan kiriman sebuah berkas (tus: termination).", "Give up an upload (tus: termination)."),
    who="device", status=204, headers=(RESUMABLE,), told=("Tus-Resumable",), problems=(*UPLOADS, problem.UPLOAD_BUSY),
)  # fmt: skip
@by_tus
def end_file(device: Any, name: str) -> Response:
    if not _ID.match(name):
        raise Refusal(problem.NOT_FOUND)
    files.give_up(name, device, door.settings())
    return Response(status=204)


@call(
    "GET", f"{FILES}/<name>",
    ("Isi sebuah berkas menurut SHA-256-nya, untuk siapa yang boleh melihat catatan yang menyebutnya.",
     "The content of a file by its SHA-256, for whoever may see a record that names it."),
    who="device or person", act="see people", gives=tuple(TYPES), cached=True,
    problems=(problem.NOT_FOUND, problem.FORBIDDEN),
)  # fmt: skip
def see_file(name: str) -> Response:
    who = door.who()
    if not isinstance(who, Device):
        allow(who, "see people")
    found = files.see(name, who, door.settings()) if is_sha256(name) else None
    if found is None:
        raise Refusal(problem.NOT_FOUND)
    if request.method == "GET":
        audit.look("photo", records=files.people_on(name, who), file=name)
    response = Response(found.body, content_type=found.type, headers={  # `no-store`: a browser's cache is not sealed
        "Cache-Control": "no-store", "Content-Security-Policy": NO_PAGE,
        "Content-Disposition": f'attachment; filename="{name[:16]}.{TYPES[found.type]}"',
    })  # fmt: skip
    response.set_etag(name)
    response.make_conditional(request)
    return response


def _body() -> Iterator[bytes]:
    """What comes, up to where the line is cut: nobody hears the answer then, and the next call goes on from there."""
    try:
        while chunk := request.stream.read(_CHUNK):
            yield chunk
    except (ClientDisconnected, OSError):
        return


def _number(header: str) -> int:
    text = request.headers.get(header, "")
    if not _NUMBER.match(text):
        raise Refusal(problem.BAD_REQUEST)
    return int(text)


def _checksum() -> tuple[str, bytes] | None:
    text = request.headers.get("Upload-Checksum")
    if text is None:
        return None
    algorithm, _, told = text.strip().partition(" ")
    digest = _base64(told)
    if files.CHECKSUMS.get(algorithm) != len(digest):
        raise Refusal(problem.BAD_REQUEST)
    return algorithm, digest


def _metadata(text: str) -> dict[str, str]:
    """`key base64,key base64`, as tus writes it."""
    pairs = (pair.strip().partition(" ") for pair in text.split(","))
    return {key: _base64(value).decode("utf-8", "replace") for key, _, value in pairs if key}


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        raise Refusal(problem.BAD_REQUEST) from None


def _in_base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _expires() -> str:
    at = now_ms() - files.TOUCHED_AGAIN_MS  # its age is known no closer
    return formatdate(at / 1000 + timedelta(days=door.settings().file_days).total_seconds(), usegmt=True)
