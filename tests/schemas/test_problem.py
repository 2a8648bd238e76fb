"""Every sentence of refusal."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import problem
from schemas.problem import COMPLAINTS, PROBLEMS, complain, language

PROMISED = {
    "bad-request": 400, "not-json": 400, "bad-gzip": 400, "too-large": 413, "unauthorized": 401, "device-revoked": 401,
    "device-unknown": 401, "enrolment-refused": 403, "forbidden": 403, "outside-region": 403, "not-found": 404,
    "method-not-allowed": 405, "gap": 409, "forked": 409, "not-seen": 409, "unsupported-media": 415, "invalid": 422,
    "too-many": 429, "form-unknown": 404, "login-refused": 401, "second-factor-needed": 401,
    "password-to-change": 403, "form-stale": 403, "own-entry": 403, "internal": 500, "unavailable": 503,
    "file-too-large": 413, "file-type": 415, "file-damaged": 422, "upload-offset": 409, "upload-busy": 423,
    "checksum-mismatch": 460, "tus-version": 412, "bundle-refused": 422, "recovery-refused": 403,
    "at-desk": 409, "entry-closed": 409,
}  # fmt: skip
OF_THE_LAW = (
    "outside-village unknown-village kind-differs seen-ahead below-seen lost-before desk-only-kind desk-only-field "
    "bad-record-id bad-kind bad-at bad-seen bad-form too-large device-revoked record-erased not-creator "
    "operator-refused number-too-big text-unclean no-fields"
).split()
OF_THE_WIRE = "not-json nested-too-deep not-an-object not-a-list bad-seq bad-time not-a-count bad-cursors".split()


def test_every_refusal_stands_once_with_its_status():
    assert {one.slug: one.status for one in PROBLEMS} == PROMISED
    assert len(PROBLEMS) == len(PROMISED)
    for one in PROBLEMS:
        assert getattr(problem, one.slug.upper().replace("-", "_")) is one


@pytest.mark.parametrize("lang", ["id", "en"])
def test_a_refusal_never_fails_for_its_words(lang):
    for one in PROBLEMS:
        body = one.body(lang)
        assert list(body) == ["type", "title", "status", "detail"]
        assert body["type"] == f"urn:sambung:{one.slug}"
        assert "{" not in body["detail"]


def test_a_refusal_carries_what_the_caller_needs():
    body = problem.GAP.body("en", acked=18, epoch="x8Qd")
    assert body["detail"].startswith("The server holds everything up to 18.")
    assert (body["acked"], body["epoch"], body["status"]) == (18, "x8Qd", 409)
    assert problem.FORM_UNKNOWN.body("id", form="{0.__class__}")["detail"].startswith("Server tidak punya formulir {0.")


@pytest.mark.parametrize("code", [*OF_THE_LAW, *OF_THE_WIRE])
def test_the_law_and_the_wire_find_their_complaints(code):
    assert code in COMPLAINTS


def test_every_complaint_says_what_to_do_in_both_languages():
    for code, (indonesian, english) in COMPLAINTS.items():
        assert re.fullmatch("[a-z0-9-]+", code)
        assert indonesian != english
        assert re.findall(r"\{\d\}", indonesian) == re.findall(r"\{\d\}", english), code
        if code != "inside":
            assert indonesian.endswith(".") and english.endswith("."), code


def test_parameters_are_filled_in():
    assert complain("too-long:100", "en") == "Too long. Shorten it to 100 characters at most."
    assert complain("out-of-range:0:10", "id") == "Angka ini di luar batas. Isi antara 0 dan 10."
    assert complain("inside:2.nik:nik-length:15", "en").startswith("In part 2.nik: A NIK has 16 digits, here are 15.")


@given(
    st.text() | st.sampled_from(sorted(COMPLAINTS)).flatmap(lambda code: st.text().map(lambda rest: f"{code}:{rest}"))
)
def test_a_complaint_nobody_knows_is_still_a_sentence(code):
    assert complain(code, "id")
    assert complain(code, "en")


@pytest.mark.parametrize(
    ("header", "lang"),
    [
        (None, "id"),
        ("", "id"),
        ("id", "id"),
        ("in-ID", "id"),
        ("en", "en"),
        ("EN-gb", "en"),
        ("en-US,en;q=0.9,id;q=0.8", "en"),
        ("id-ID,id;q=0.9,en-US;q=0.8,en;q=0.7", "id"),
        ("en;q=0.5, id;q=0.9", "id"),
        ("en;q=0", "id"),
        ("en; q=0.4", "en"),
        ("en,id", "id"),
        ("jv", "id"),
        ("*", "id"),
        ("en;q=abc", "id"),
        (";;;,,,q=", "id"),
    ],
)
def test_the_language_is_indonesian_unless_english_is_preferred(header, lang):
    assert language(header) == lang


@given(st.text())
def test_no_header_makes_choosing_fail(header):
    assert language(header) in ("id", "en")
