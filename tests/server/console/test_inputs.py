"""What a form asks for and how it is read back."""

from __future__ import annotations

import pytest
from werkzeug.datastructures import MultiDict

from schemas.kinds import kind_of
from server.console.inputs import answered, asked
from server.console.words import Words

WORKER = kind_of("worker")
CONSENT = {"version": "1", "at": "2026-11-02T01:00:00.000Z", "method": "oral"}


@pytest.mark.parametrize("purposes", [["registration", "claims"], ["claims", "registration"], ["sensus", "funding"], []])
def test_what_somebody_agreed_to_is_asked_by_name_and_comes_back_as_it_was(purposes: list[str]) -> None:
    consent = CONSENT | {"purposes": purposes}
    parts = {part.name: part for part in asked(WORKER, "consent", consent, "consent", Words("id")).parts}
    what_for = parts["consent.purposes"]
    assert what_for.shape == "many" and what_for.value == purposes
    assert {"Didaftarkan", "Bantuan iuran", "Klaim", "Dikirimi pesan"} <= {name for _, name in what_for.options}
    sent = MultiDict((f"consent.{name}", value) for name, value in CONSENT.items())
    for value, _ in what_for.options:
        if value in what_for.value:
            sent.add("consent.purposes", value)
    assert (answered(WORKER, "consent", sent, "consent") or {}).get("purposes", []) == purposes


def test_a_list_that_is_typed_is_read_at_its_commas() -> None:
    sent = MultiDict({"documents": " ktp, surat kematian;kk "})
    assert answered(kind_of("claim"), "documents", sent, "documents") == ["ktp", "surat kematian", "kk"]
