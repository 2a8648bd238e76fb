"""Photos and signatures as fields name them: the content travels apart (protocol section 5)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

MARK = '"sha256"'
"""Stands in the JSON of every change that names a file: where it does not, nobody need look closer."""

TYPES: Mapping[str, str] = {"image/webp": "webp", "image/jpeg": "jpg", "image/png": "png"}
"""What is taken, and the ending of a file's name."""

_SHA256 = re.compile(r"[0-9a-f]{64}\Z")
_DEEPEST = 8
_LONGEST_TYPE = 101


class FileValue(NamedTuple):
    """size: bytes of the content; type: its media type, as the author said."""

    sha256: str
    size: int
    type: str

    @property
    def field(self) -> dict[str, Any]:
        return {"sha256": self.sha256, "size": self.size, "type": self.type}


def is_sha256(text: object) -> bool:
    return type(text) is str and bool(_SHA256.match(text))


def files_in(value: Any, depth: int = 0) -> Iterator[FileValue]:
    """Every file that a change's fields, as parsed from JSON, name however deep; what only looks like one is passed over."""
    if type(value) is dict:
        found = _read(value) if "sha256" in value else None
        if found is not None:
            yield found
            return
        value = value.values()
    elif type(value) is not list:
        return
    if depth < _DEEPEST:
        for inner in value:
            if type(inner) is dict or type(inner) is list:
                yield from files_in(inner, depth + 1)


def _read(value: Mapping[str, Any]) -> FileValue | None:
    digest, size, kind = value.get("sha256"), value.get("size"), value.get("type")
    if not is_sha256(digest) or type(size) is not int or not 0 <= size < 2**53 or type(kind) is not str:
        return None
    return FileValue(str(digest), size, kind[:_LONGEST_TYPE])


def is_of_type(start: bytes, kind: str) -> bool:
    """Whether a content that begins so is what it is said to be: the first 12 bytes tell."""
    match kind:
        case "image/webp":
            return start[:4] == b"RIFF" and start[8:12] == b"WEBP"
        case "image/jpeg":
            return start[:3] == b"\xff\xd8\xff"
        case "image/png":
            return start[:8] == b"\x89PNG\r\n\x1a\n"
    return False
