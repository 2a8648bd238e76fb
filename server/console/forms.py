"""Forms: what officers are asked, in which versions, which of them phones fill in; and publish a new one."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from flask import Response, request

from schemas import problem
from schemas.change import loads
from schemas.problem import Both
from server.actions import forms as act
from server.console.door import Asking, deed, desk
from server.problems import Refusal
from server.store.forms import Form

LARGEST = 4 * 1024 * 1024 + 64 * 1024  # bytes: a sheet, and the form around it
SHOWN_CHOICES = 12
_ROW = re.compile(r"\bbaris (\d+)")
_SHOWN = re.compile(r"\$\{[^}]*\}")
_UNSAFE = re.compile(r"[^A-Za-z0-9_.-]+")
_TYPES: dict[str, Both] = {
    "text": ("tulisan", "text"), "integer": ("angka", "number"), "decimal": ("angka pecahan", "decimal number"),
    "date": ("tanggal", "date"), "month": ("bulan", "month"), "select_one": ("pilih satu", "choose one"),
    "select_multiple": ("pilih beberapa", "choose several"), "geopoint": ("lokasi", "place (GPS)"),
    "image": ("foto atau tanda tangan", "photo or signature"), "note": ("keterangan", "note"),
    "calculate": ("dihitung sendiri", "worked out"), "group": ("halaman", "page"), "repeat": ("bisa diulang", "repeated"),
}  # fmt: skip
_DYNAMIC: dict[str, Both] = {
    "villages": ("desa di HP itu", "the phone's villages"),
    "regions": ("semua desa di provinsi", "all villages of the province"),
    "workers": ("pekerja di HP itu", "the workers on the phone"),
}  # fmt: skip
_SIGNS: dict[str, Both] = {
    "=": ("adalah", "is"), "!=": ("bukan", "is not"), ">": ("lebih dari", "is more than"),
    "<": ("kurang dari", "is less than"),
    ">=": ("paling sedikit", "is at least"), "<=": ("paling banyak", "is at most"),
}  # fmt: skip


@desk("/forms", "see administration")
def forms(asking: Asking) -> Response:
    return _page(asking)


@deed("/forms", "run the server", largest=LARGEST)
def publish_form(asking: Asking) -> Response:
    """A new form, or a new version of one; what is wrong with it is told by row, and nothing is published."""
    brought = request.files.get("file")
    if brought is None or not brought.filename:
        return _page(asking, [("", ("Pilih berkas XLSForm dulu.", "Choose an XLSForm file first."))], 422)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / (_UNSAFE.sub("_", Path(brought.filename).name).lstrip(".")[-80:] or "form")
        brought.save(path)
        try:
            form = act.publish_file(path, asking.now)
        except act.BadForm as bad:
            return _page(asking, list(_by_row(bad)), 422)
    label = f"{form.name}@{form.version}"
    if form.published_at < asking.now:
        says = (f"Sama dengan {label} yang sudah terbit; tidak ada yang berubah.",
                f"It is the same as {label}, which is published already; nothing has changed.")  # fmt: skip
    else:
        says = (f"{label} terbit. HP mengambilnya saat kirim berikutnya.",
                f"{label} is published. Phones fetch it when they sync next.")  # fmt: skip
    return asking.done(says, asking.url("form", form=form.name, version=form.version))


@desk("/forms/<form>/<int:version>", "see administration")
def form(asking: Asking, form: str, version: int) -> Response:
    found = _found(form, version)
    body = loads(found.body)
    questions = body.get("questions", [])
    reader = _Reader(asking, body.get("choices", {}), dict(_labels(questions, asking)))
    return asking.render(
        "form.html", form=found, title=_title(found, asking), questions=reader.told(questions), others=_versions(found),
        has_xform=act.find_xform(form, version) is not None, has_source=act.find_source(form, version) is not None,
    )  # fmt: skip


@desk("/forms/<form>/<int:version>/xform", "see administration")
def form_xform(asking: Asking, form: str, version: int) -> Response:
    """As ODK Collect fetches it."""
    xform = act.find_xform(_found(form, version).name, version)
    if xform is None:
        raise Refusal(problem.NOT_FOUND)
    return _download(xform.encode(), f"{form}-{version}.xml", "application/xml")


@desk("/forms/<form>/<int:version>/source", "see administration")
def form_source(asking: Asking, form: str, version: int) -> Response:
    """The sheets it was made of, to begin one's own with."""
    path = act.find_source(_found(form, version).name, version)
    if path is None:
        raise Refusal(problem.NOT_FOUND)
    return _download(path.read_bytes(), path.name, "text/markdown; charset=utf-8")


def _found(name: str, version: int) -> Form:
    found = act.find_form(name, version) if "\0" not in name and version < 10**9 else None
    if found is None:
        raise Refusal(problem.NOT_FOUND)
    return found


def _download(content: bytes, name: str, type_: str) -> Response:
    safe = _UNSAFE.sub("_", name)
    headers = {
        "Content-Disposition": f'attachment; filename="{safe}"', "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox",
    }  # fmt: skip
    return Response(content, content_type=type_, headers=headers)


def _page(asking: Asking, wrong: list[tuple[str, Both]] | None = None, status: int = 200) -> Response:
    used = act.last_used()
    listed = [
        {"form": versions[0], "title": _title(versions[0], asking),
         "versions": [(each, used.get(f"{each.name}@{each.version}")) for each in versions]}
        for versions in act.all_versions().values()
    ]  # fmt: skip
    return asking.render("forms.html", status=status, forms=listed, wrong=wrong)


def _versions(form: Form) -> list[int]:
    return [each.version for each in act.all_versions().get(form.name, [])]


def _title(form: Form, asking: Asking) -> str:
    titles = loads(form.title) if form.title else {}
    return titles.get(asking.lang) or titles.get("id") or form.name


def _by_row(bad: act.BadForm) -> Iterator[tuple[str, Both]]:
    """The row of the sheet that a complaint names, if it names one, and what it says."""
    found = _ROW.search(bad.says[0])
    yield found.group(1) if found else "", bad.says


# Questions in plain words ---------------------------------------------------------------------------------------------


def _labels(nodes: list[dict[str, Any]], asking: Asking) -> Iterator[tuple[str, str]]:
    for node in nodes:
        yield node["name"], _label(node, asking)
        yield from _labels(node.get("nodes", []), asking)


def _label(node: Mapping[str, Any], asking: Asking) -> str:
    """A question's label; where it shows an answer, three dots."""
    return _SHOWN.sub("…", _said(node.get("label"), asking)) or str(node["name"])


def _said(text: Any, asking: Asking) -> str:
    if isinstance(text, Mapping):
        return str(text.get(asking.lang) or text.get("id") or "")
    return str(text or "")


class _Reader:
    """Tells a form's questions as an administrator reads them: what is asked, how, when, and where the answer goes."""

    def __init__(self, asking: Asking, choices: Mapping[str, Any], labels: Mapping[str, str]) -> None:
        self._asking, self._choices, self._labels = asking, choices, labels

    def told(self, nodes: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [self._node(node) for node in nodes if node["type"] != "calculate"]

    def _node(self, node: Mapping[str, Any]) -> dict[str, Any]:
        kind = _TYPES.get(node["type"])
        return {
            "label": _label(node, self._asking), "hint": _said(node.get("hint"), self._asking),
            "type": self._asking.t(*kind) if kind else node["type"], "required": node.get("required") is not None,
            "field": node.get("field"), "when": self._when(node.get("relevant")), "choices": self._offered(node.get("list")),
            "says": _said(node.get("constraint_says"), self._asking), "nodes": self.told(node.get("nodes", [])),
        }  # fmt: skip

    def _offered(self, name: str | None) -> str:
        if name is None:
            return ""
        if name in _DYNAMIC:
            return self._asking.t(*_DYNAMIC[name])
        labels = [_said(each.get("label"), self._asking) for each in self._choices.get(name, [])]
        more = len(labels) - SHOWN_CHOICES
        rest = self._asking.t(f" … dan {more} lagi", f" … and {more} more") if more > 0 else ""
        return ", ".join(labels[:SHOWN_CHOICES]) + rest

    def _when(self, rule: Any) -> str:
        if rule is None:
            return ""
        told = self._rule(rule)
        return told or self._asking.t("hanya dalam keadaan tertentu", "only in certain cases")

    def _rule(self, rule: Any) -> str | None:
        """A rule in words, where it is of the simple kind that most are."""
        match rule:
            case ["and" | "or" as sign, left, right]:
                parts = self._rule(left), self._rule(right)
                both = ("dan", "and") if sign == "and" else ("atau", "or")
                return f"{parts[0]} {self._asking.t(*both)} {parts[1]}" if all(parts) else None
            case [("=" | "!=") as sign, ["ref", int(), [*_, str() as name]], ["str", ""]]:
                is_open = self._asking.t("belum dijawab", "is not answered") if sign == "=" else None
                return f"“{self._labels.get(name, name)}” {is_open or self._asking.t('sudah dijawab', 'is answered')}"
            case [str() as sign, ["ref", int(), [*_, str() as name]], ["str" | "num", value]] if sign in _SIGNS:
                return f"“{self._labels.get(name, name)}” {self._asking.t(*_SIGNS[sign])} {self._choice(value)}"
            case ["call", "selected", ["ref", int(), [*_, str() as name]], ["str", value]]:
                return f"“{self._labels.get(name, name)}” {self._asking.t('memuat', 'holds')} {self._choice(value)}"
        return None

    def _choice(self, value: Any) -> str:
        for offered in self._choices.values():
            for each in offered:
                if each.get("value") == value:
                    return f"“{_said(each.get('label'), self._asking)}”"
        return str(value)


