"""Publish a form, and find the ones that were published."""

from __future__ import annotations

from pathlib import Path

from field_forms.bad_form import BadForm
from field_forms.publish import Source, fingerprint, odk_fault, read_form, shipped
from server import audit
from schemas.change import canonical, dumps, loads
from server.db import Clash, Connection, reading, transaction
from server.store import form_use, forms
from server.store.forms import Form


def publish(source: Source, made_of: str, now: int) -> Form:
    """Publish a form as a new version; harmless to repeat: what is published already stays the version it is.

    made_of: the fingerprint of its file.
    """
    try:
        return _publish(source, made_of, now)
    except Clash:  # another node has published that version in this very moment: now it is known
        return _publish(source, made_of, now)


def _publish(source: Source, made_of: str, now: int) -> Form:
    with transaction() as connection:
        known = next(iter(forms.newest(connection, source.name)), None)
        if known and _is_same(connection, known, source):
            return known
        version = known.version + 1 if known else 1
        body = source.body
        form = Form(
            source.name, version, dumps({"name": source.name, "version": version} | body), now,
            body["kind"], body["does"], dumps(body["title"]), made_of, made_of in map(fingerprint, shipped()),
        )  # fmt: skip
        forms.publish(connection, form, source.xform_at(version))
        audit.note(connection, "form", form=source.name, version=version)
        return form


def _is_same(connection: Connection, known: Form, source: Source) -> bool:
    """Both for phones and for other apps, whose form may differ in what phones are not told."""
    if forms.read_xform(connection, known.name, known.version) != source.xform_at(known.version):
        return False
    body = {member: value for member, value in loads(known.body).items() if member != "version"}
    return canonical(body) == canonical(source.body)


def publish_file(path: Path, now: int) -> Form:
    """Publish the XLSForm in a file, looked at by ODK Validate where there is Java.

    Raises BadForm, which says in both languages what to do; OSError.
    """
    source = read_form(path)
    if fault := odk_fault(source.xform):
        raise BadForm(f"ODK Validate menolaknya: {fault}", f"ODK Validate refuses it: {fault}")
    return publish(source, fingerprint(path), now)


def publish_shipped(now: int) -> list[Form]:
    """Publish the forms that come with the program where they are new or have changed; gives those that were.

    What staff published under the same name stands: it is theirs from there on. They hand it back to the program by
    publishing the file that came with it.
    """
    return [form for path in shipped() if (form := _publish_anew(path, now))]


def _publish_anew(path: Path, now: int) -> Form | None:
    made_of = fingerprint(path)
    with reading() as connection:
        known = next(iter(forms.newest(connection, path.stem)), None)
    if known and (not known.shipped or known.source == made_of):
        return None
    try:
        return _publish(read_form(path), made_of, now)
    except Clash:  # whatever was published meanwhile, by another node or by staff, decides
        return _publish_anew(path, now)


def newest_forms() -> list[Form]:
    with reading() as connection:
        return forms.newest(connection)


def all_versions() -> dict[str, list[Form]]:
    """Every form by its name, each with all versions, the newest first."""
    found: dict[str, list[Form]] = {}
    with reading() as connection:
        for form in form_use.all_versions(connection):
            found.setdefault(form.name, []).append(form)
    return found


def last_used() -> dict[str, tuple[int, int]]:
    """Form and version ("worker@3") -> on how many phones the last entry was made with it, and when the newest came."""
    with reading() as connection:
        return form_use.last_used(connection)


def find_source(name: str, version: int) -> Path | None:
    """The file that a version was made of, where it came with the program as it is now."""
    form = find_form(name, version)
    if form is None or not form.shipped:
        return None
    return next((path for path in shipped() if path.stem == name and fingerprint(path) == form.source), None)


def find_form(name: str, version: int) -> Form | None:
    with reading() as connection:
        return forms.read(connection, name, version)


def find_xform(name: str, version: int) -> str | None:
    """The XForm of a published version; None where there is none."""
    with reading() as connection:
        return forms.read_xform(connection, name, version)


__all__ = [
    "BadForm", "all_versions", "find_form", "find_source", "find_xform", "last_used", "newest_forms", "publish",
    "publish_file", "publish_shipped",
]  # fmt: skip
