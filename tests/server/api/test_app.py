"""The phone's app at `/app/`: strict, pressed, kept for good where its name says so, and nothing else of the disk."""

from __future__ import annotations

import gzip
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from server.api.app import Shell
from server.config import Settings
from tests.server.installation import Installation

SCRIPT = "console.log('halo')\n" * 100


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An app as Vite leaves it, beside something that must never be served."""
    app = tmp_path / "app"
    (app / "assets").mkdir(parents=True)
    (app / "index.html").write_text("<!doctype html><title>Sambung Desa</title>" + "<p>halo</p>" * 50)
    (app / "sw.js").write_text(SCRIPT)
    (app / "manifest.webmanifest").write_text("{}")
    (app / "assets" / "index-a1b2c3.js").write_text(SCRIPT)
    (app / "assets" / "photo-a1.webp").write_bytes(b"RIFF....WEBP")
    (tmp_path / "secret").write_text("rahasia")
    return app


@pytest.fixture
def phone(settings: Settings, folder: Path) -> Iterator[FlaskClient]:
    made = Installation(settings)
    made.app.extensions["sambung.shell"] = Shell(folder)
    yield made.client
    made.close()


def test_an_officer_opens_the_app_without_a_token_and_the_page_is_asked_for_anew_each_time(phone: FlaskClient) -> None:
    answer = phone.get("/app/")
    assert answer.status_code == 200 and answer.content_type == "text/html; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-cache"
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";"))
    assert policy == {
        "default-src": "'none'", "script-src": "'self'", "style-src": "'self'", "img-src": "'self' blob: data:",
        "connect-src": "'self'", "manifest-src": "'self'", "worker-src": "'self'", "font-src": "'none'",
        "frame-ancestors": "'none'", "base-uri": "'none'", "form-action": "'none'",
    }  # fmt: skip
    allowed = answer.headers["Permissions-Policy"]
    assert "camera=(self)" in allowed and "geolocation=(self)" in allowed
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_the_address_without_its_slash_leads_to_the_app(phone: FlaskClient) -> None:
    answer = phone.get("/app")
    assert answer.status_code == 308 and phone.get("/app", follow_redirects=True).data == phone.get("/app/").data


def test_what_is_named_after_its_content_is_kept_for_a_year_and_the_worker_never(phone: FlaskClient) -> None:
    assert phone.get("/app/assets/index-a1b2c3.js").headers["Cache-Control"] == "public, max-age=31536000, immutable"
    for name in ("sw.js", "manifest.webmanifest"):
        assert phone.get(f"/app/{name}").headers["Cache-Control"] == "no-cache"
    worker = phone.get("/app/sw.js")
    assert worker.content_type == "text/javascript; charset=utf-8"
    assert "connect-src 'self'" in worker.headers["Content-Security-Policy"]
    assert phone.get("/app/manifest.webmanifest").content_type == "application/manifest+json"


def test_a_slow_line_carries_it_pressed_and_a_second_visit_carries_nothing(phone: FlaskClient) -> None:
    answer = phone.get("/app/assets/index-a1b2c3.js", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip" and answer.headers["Vary"] == "Accept-Encoding"
    assert len(answer.data) < 100 and gzip.decompress(answer.data).decode() == SCRIPT
    plain = phone.get("/app/assets/index-a1b2c3.js", headers={"Accept-Encoding": "identity"})
    assert plain.data.decode() == SCRIPT and "Content-Encoding" not in plain.headers
    again = phone.get("/app/sw.js", headers={"If-None-Match": phone.get("/app/sw.js").headers["ETag"]})
    assert again.status_code == 304 and again.data == b""
    photo = phone.get("/app/assets/photo-a1.webp", headers={"Accept-Encoding": "gzip"})
    assert photo.content_type == "image/webp" and "Content-Encoding" not in photo.headers


def test_a_browser_that_takes_brotli_gets_what_the_build_pressed_and_nobody_else_sees_it(
    phone: FlaskClient, folder: Path
) -> None:
    (folder / "assets" / "index-a1b2c3.js.br").write_bytes(b"brotli")
    os.utime(folder / "index.html", (2_000_000_000, 2_000_000_000))
    answer = phone.get("/app/assets/index-a1b2c3.js", headers={"Accept-Encoding": "gzip, deflate, br"})
    assert (answer.headers["Content-Encoding"], answer.data) == ("br", b"brotli")
    plainer = phone.get("/app/assets/index-a1b2c3.js", headers={"Accept-Encoding": "gzip"})
    assert plainer.headers["Content-Encoding"] == "gzip"
    assert phone.get("/app/assets/index-a1b2c3.js.br").status_code == 404


@pytest.mark.parametrize("name", [
    "../secret", "..%2fsecret", "%2e%2e/secret", "assets/../../secret", "assets/..%5c..%5csecret", "/etc/passwd",
    "//etc/passwd", "assets", "assets/", "index.html%00", ".", "..", "nothing.js",
])  # fmt: skip
def test_nothing_but_the_apps_own_files_is_ever_served(phone: FlaskClient, name: str) -> None:
    answer = phone.get(f"/app/{name}")
    assert answer.status_code in (308, 404) and b"rahasia" not in answer.data and b"root:" not in answer.data


def test_a_server_whose_app_was_not_built_says_what_to_type(settings: Settings, tmp_path: Path) -> None:
    made = Installation(settings)
    made.app.extensions["sambung.shell"] = Shell(tmp_path / "nowhere")
    for name in ("", "sw.js"):
        answer = made.client.get(f"/app/{name}")
        assert answer.status_code == 503 and "make setup" in answer.get_data(as_text=True)
    assert made.client.get("/healthz").status_code == 200
    made.close()


def test_an_app_built_anew_is_served_without_a_new_start(phone: FlaskClient, folder: Path) -> None:
    before = phone.get("/app/").headers["ETag"]
    (folder / "index.html").write_text("<!doctype html>baru")
    os.utime(folder / "index.html", (2_000_000_000, 2_000_000_000))
    answer = phone.get("/app/")
    assert "baru" in answer.get_data(as_text=True) and answer.headers["ETag"] != before


def test_the_home_page_leads_to_the_app(phone: FlaskClient) -> None:
    assert 'href="/app/"' in phone.get("/").get_data(as_text=True)
