"""XLSForm → XForm (pyxform) → the JSON that the phone renders; what the phone lacks is refused, naming the row.

`sheet.py` reads; `compiler.py`, with `choices.py` and `placing.py`, turns rows into nodes; `fitting.py` and `checks.py`
refuse. What comes out stands in `README.md`.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from field_forms.bad_form import BadForm
from field_forms.compiler import compile_sheet
from field_forms.sheet import UNVERSIONED, read_sheet
from schemas import occupations

COMPILER = 2  # one more whenever the same sheet comes out otherwise, so that the forms of an installation are made anew
FORMS = Path(__file__).parent / "forms"


@dataclass(frozen=True)
class Source:
    """A form that can be published. body: without a version. xform: with the version "0" in it."""

    name: str
    body: dict[str, Any]
    xform: str

    def xform_at(self, version: int) -> str:
        return self.xform.replace(f'version="{UNVERSIONED}"', f'version="{version}"', 1)


def read_form(path: Path) -> Source:
    """Compile the XLSForm in a file. Raises BadForm, which says what to do in both languages; OSError."""
    sheet = read_sheet(path)
    body = compile_sheet(sheet)
    return Source(body["name"], body, sheet.xform)


def shipped() -> list[Path]:
    """The forms that come with this version."""
    return sorted(FORMS.glob("*.md"))


def fingerprint(path: Path) -> str:
    """A hash of all that a form in a file is made of: its text, our occupation list, and this compiler."""
    made_of = hashlib.sha256(f"{COMPILER} ".encode() + occupations.FILE.read_bytes())
    made_of.update(path.read_bytes())
    return made_of.hexdigest()


def odk_fault(xform: str) -> str | None:
    """What ODK Validate, which comes with pyxform, has against an XForm. None when it is valid, or there is no Java."""
    from pyxform.validators.odk_validate import ODKValidateError, check_xform

    if not shutil.which("java"):
        return None
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "form.xml"
        file.write_text(xform, encoding="utf-8")
        try:
            check_xform(str(file))
        except ODKValidateError as error:
            return " ".join(str(error).split())[:500]
    return None


__all__ = ["BadForm", "Source", "fingerprint", "odk_fault", "read_form", "shipped"]
