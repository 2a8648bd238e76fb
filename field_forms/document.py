"""A form as a JSON document: the one shape in which phones are served their questions.

{"name": "worker", "title": {...}, "questions": [{"name": "full_name", ...}, ...]}: `name` and `questions` are read
here, everything else is kept as it is. A version is given when it is published, and stands in no file.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from schemas import storable
from schemas.wire import BadMessage, plain, read_json

NAME = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")
MAX_BYTES = 1024 * 1024


class BadForm(ValueError):
    """The file is no form that can be published; the text says in Indonesian and English what to do."""

    def __init__(self, indonesian: str, english: str) -> None:
        super().__init__(f"{indonesian} / {english}")


def read_form(path: Path) -> dict[str, Any]:
    """The form in a file, without a version. Raises BadForm, OSError."""
    if path.suffix.lower() != ".json":
        raise BadForm(
            f"{path.name}: baru formulir JSON yang bisa diterbitkan; XLSForm (.xlsx, .md) belum.",
            f"{path.name}: only forms in JSON can be published so far; XLSForms (.xlsx, .md) can't yet.",
        )
    body = path.read_bytes()
    if len(body) > MAX_BYTES:
        raise BadForm(f"{path.name}: lebih dari 1 MiB; ringkaskan.", f"{path.name}: more than 1 MiB; shorten it.")
    try:
        return check_form(plain(read_json(body), 1))
    except BadMessage:
        line = _line_of_fault(body)
        raise BadForm(
            f"{path.name}: bukan JSON yang sah, lihat baris {line}.", f"{path.name}: no valid JSON, see line {line}."
        ) from None


def _line_of_fault(body: bytes) -> int:
    try:
        json.loads(body.decode("utf-8", "replace"))
    except json.JSONDecodeError as error:
        return error.lineno
    except (ValueError, RecursionError):
        pass
    return 1


def check_form(form: Any) -> dict[str, Any]:
    """The form, without a version, if phones can be served it. Raises BadForm."""
    if type(form) is not dict:
        raise BadForm("Formulir harus sebuah objek JSON.", "A form must be a JSON object.")
    if storable.fault(form):
        raise BadForm("Ada teks atau angka yang tidak bisa disimpan.", "It holds text or a number that can't be kept.")
    name = form.get("name")
    if type(name) is not str or not NAME.match(name):
        raise BadForm(
            'Beri "name": huruf kecil, angka dan _ saja, paling banyak 40.',
            'Give it a "name": small letters, digits and _ only, 40 at most.',
        )
    _check_questions(form.get("questions"))
    return {member: value for member, value in form.items() if member != "version"}


def _check_questions(questions: Any) -> None:
    if type(questions) is not list or not questions:
        raise BadForm('Beri "questions": daftar pertanyaan.', 'Give it "questions": a list of questions.')
    names: set[str] = set()
    for number, question in enumerate(questions, 1):
        name = question.get("name") if type(question) is dict else None
        if type(name) is not str or not name or len(name) > storable.MAX_NAME:
            raise BadForm(f'Pertanyaan ke-{number} tidak punya "name".', f'Question {number} has no "name".')
        if name in names:
            raise BadForm(f'Dua pertanyaan bernama "{name}".', f'Two questions have the name "{name}".')
        names.add(name)
