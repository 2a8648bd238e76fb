"""What goes with every answer: headers, languages, methods that are not served."""

from __future__ import annotations

from dataclasses import replace

import pytest

from server.config import Settings
from tests.server.installation import Installation

PATHS = ["/healthz", "/readyz", "/metrics", "/openapi.json", "/docs", "/api/v1/me", "/nowhere", "/api/v1/sync", "/api"]


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST", "DELETE", "TRACE", "PROPFIND"])
@pytest.mark.parametrize("path", PATHS)
def test_every_answer_says_what_a_browser_may_do_with_it(server: Installation, path: str, method: str) -> None:
    answer = server.client.open(path, method=method)
    assert answer.status_code < 500
    headers = answer.headers
    assert headers["X-Content-Type-Options"] == "nosniff" and headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer" and headers["Cache-Control"]
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"] and "http" not in headers["Content-Security-Policy"]
    assert "Server" not in headers and "X-Powered-By" not in headers


def test_a_failure_of_ours_has_them_too_and_tells_nothing(
    server: Installation, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise RuntimeError("Nur Hayati 6402115207909001")

    monkeypatch.setitem(server.app.view_functions, "health.healthz", fail)
    answer = server.client.get("/healthz")
    assert answer.status_code == 500 and answer.json["type"] == "urn:sambung:internal"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    heard = capsys.readouterr()
    assert "Nur" not in answer.get_data(as_text=True) + heard.err + heard.out


def test_over_https_browsers_are_told_to_stay_there(settings: Settings) -> None:
    server = Installation(replace(settings, public_url="https://desa.example.id"))
    assert "max-age" in server.client.get("/healthz").headers["Strict-Transport-Security"]
    server.close()


def test_a_method_that_is_not_served_names_those_that_are(server: Installation) -> None:
    for method in ("GET", "PUT", "PATCH", "DELETE", "TRACE"):
        answer = server.client.open("/api/v1/sync", method=method)
        assert answer.status_code == 405 and answer.content_type == "application/problem+json"
        assert set(answer.headers["Allow"].split(", ")) == {"POST", "OPTIONS"}
        assert answer.json["type"] == "urn:sambung:method-not-allowed"


def test_options_names_what_is_served_without_a_token(server: Installation) -> None:
    answer = server.client.options("/api/v1/waiting")
    assert answer.status_code == 200 and answer.data == b""
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "POST", "OPTIONS"}
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_head_is_get_without_a_body(server: Installation) -> None:
    headers = server.enrolled().headers
    got, head = (server.client.open("/api/v1/me", method=method, headers=headers) for method in ("GET", "HEAD"))
    assert (
        head.status_code == 200 and head.data == b"" and head.headers["Content-Length"] == got.headers["Content-Length"]
    )
    assert server.client.head("/api/v1/me").status_code == 401


@pytest.mark.parametrize(
    ("said", "lang"),
    [
        (None, "id"), ("", "id"), ("id", "id"), ("en", "en"), ("en-GB,en;q=0.9", "en"), ("de,en;q=0.5", "en"),
        ("id;q=0.5,en;q=0.9", "en"), ("en;q=0.5,id", "id"), ("fr", "id"), ("*", "id"), ("en;q=x", "id"),
        ("\0" * 500, "id"),
        ("en," * 5000, "en"), ("ä", "id"),
    ],
)  # fmt: skip
def test_a_refusal_is_said_in_the_readers_language(server: Installation, said: str | None, lang: str) -> None:
    answer = server.client.get("/nowhere", headers={} if said is None else {"Accept-Language": said})
    assert answer.status_code == 404 and answer.headers["Content-Language"] == lang
    assert answer.json["title"] == {"id": "Tidak ditemukan", "en": "Not found"}[lang]


def test_an_address_that_nearly_is_one_is_not_found(server: Installation) -> None:
    for path in ("/api/v1/sync/", "/API/V1/SYNC", "/api/v1//sync", "/api/v1/sync%00", "/api/v2/sync", "/../etc/passwd"):
        answer = server.client.post(path, json={"changes": []})
        assert answer.status_code in (308, 404) and answer.status_code != 200, path
