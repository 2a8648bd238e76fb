"""Who may sign in: administrators look after their region's accounts, and the entrance gives nothing away."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any, NamedTuple

import pyotp
import pytest
from argon2 import PasswordHasher
from flask.testing import FlaskClient
from sqlalchemy import select

from server import auth
from server.actions import people
from server.clock import now_ms
from server.console.door import OFFERED, csrf_of
from server.db import transaction
from server.sealing import hash_token
from server.store import accounts
from server.store import desk_tables as d
from server.store import tables as t
from tests.server.console.world import Sitting
from tests.server.installation import ELSEWHERE, VILLAGE, Installation, copied

PASSWORD = "sungai Mahakam 7"
REGENCY, OTHER = "64.02", "64.03"
TOLD = re.compile(r'class="code small">([0-9A-Z]{4}(?:-[0-9A-Z]{4}){3})<')
SECRET = re.compile(r'name="secret" value="([A-Z2-7]{32})"')


class Office(NamedTuple):
    server: Installation
    admin: Sitting

    def add(self, name: str, role: str = "operator", region: str = REGENCY, **more: Any) -> int:
        with self.server.app.app_context():
            return people.add_user(name, role, region, PASSWORD, now_ms(), **more)

    def post(self, path: str, sitting: Sitting | None = None, **data: Any) -> Any:
        return (sitting or self.admin).post(f"/console/users{path}", data)

    def page(self, path: str = "", **query: Any) -> str:
        answer = self.admin.get(f"/console/users{path}", **query)
        assert answer.status_code == 200, path
        return answer.get_data(as_text=True)

    def row(self, number: int) -> Any:
        with self.server.reading() as connection:
            return connection.execute(select(t.account).where(t.account.c.id == number)).one()

    def noted(self, act: str = "account") -> Any:
        with self.server.reading() as connection:
            return connection.execute(select(d.audit).where(d.audit.c.act == act).order_by(d.audit.c.id.desc())).first()

    def forget_refusals(self) -> None:
        with self.server.app.app_context(), transaction() as connection:
            connection.execute(t.refusal.delete())


@pytest.fixture(scope="module")
def office(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    server = Installation(copied(template, tmp_path_factory.mktemp("users") / "var", refusals_per_address=4))
    yield Office(server, Sitting(server, "admin", REGENCY))
    server.close()


@pytest.fixture(autouse=True)
def nobody_is_locked(office: Office) -> None:
    office.forget_refusals()


class Browser:
    """Somebody at the entrance."""

    def __init__(self, server: Installation) -> None:
        self.client: FlaskClient = server.app.test_client()

    def sign_in(self, name: str, password: str = PASSWORD, **more: Any) -> Any:
        return self.client.post("/console/entrance", data={"name": name, "password": password} | more)

    @property
    def token(self) -> str:
        cookie = self.client.get_cookie("sambung")
        return cookie.value if cookie else ""

    def get(self, path: str = "/console/") -> Any:
        return self.client.get(path)

    def post(self, path: str, **data: Any) -> Any:
        return self.client.post(path, data={"csrf": csrf_of(self.token)} | data)


# At the entrance ------------------------------------------------------------------------------------------------------


def test_a_wrong_password_and_a_name_that_there_is_not_are_answered_alike(office: Office) -> None:
    office.add("rina")
    answers = [Browser(office.server).sign_in(name, "salah sekali") for name in ("rina", "tono")]
    assert [answer.status_code for answer in answers] == [401, 401]
    pages = [answer.get_data(as_text=True).replace("rina", "X").replace("tono", "X") for answer in answers]
    assert pages[0] == pages[1]
    heads = [{name: value for name, value in answer.headers if name != "Content-Length"} for answer in answers]
    assert heads[0] == heads[1]


def test_a_name_that_there_is_not_costs_as_much_time_and_one_look_at_a_hash(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []
    real = people.is_right
    monkeypatch.setattr("server.auth.is_right", lambda stored, password: looked.append(stored) or real(stored, password))
    took: dict[str, list[float]] = {"rina": [], "tono": []}
    for _ in range(5):
        for name in took:
            office.forget_refusals()
            began = process_time()
            assert Browser(office.server).sign_in(name, "salah sekali").status_code == 401
            took[name].append(process_time() - began)
    assert len(looked) == 10
    known, unknown = (median(times) for times in took.values())
    assert 0.5 < known / unknown < 2


def test_whatever_session_the_browser_brought_along_is_worth_nothing_after_signing_in(office: Office) -> None:
    office.add("wati")
    first = Browser(office.server)
    first.sign_in("wati")
    planted = first.token
    second = Browser(office.server)
    second.client.set_cookie("sambung", planted)
    assert second.sign_in("wati").status_code == 303 and second.token != planted
    assert first.get().status_code == 303 and second.get().status_code == 200


def test_too_many_wrong_tries_lock_a_name_also_for_the_right_password(office: Office) -> None:
    number = office.add("lina")
    for _ in range(office.server.settings.refusals_per_address):
        Browser(office.server).sign_in("lina", "salah sekali")
    answer = Browser(office.server).sign_in("lina")
    assert answer.status_code == 429 and int(answer.headers["Retry-After"]) > 0
    assert "terkunci" in office.page() and "Terkunci sampai" in office.page(f"/{number}")
    assert office.post(f"/{number}/unlock").status_code == 303
    assert "Terkunci sampai" not in office.page(f"/{number}")
    with office.server.app.app_context(), transaction() as connection:
        left = connection.execute(select(t.refusal)).all()
        connection.execute(t.refusal.delete())
    assert len(left) == office.server.settings.refusals_per_address  # of the address: they still count
    assert Browser(office.server).sign_in("lina").status_code == 303


def test_whoever_tries_a_name_again_and_again_does_not_lock_out_the_browser_in_which_it_signed_in(office: Office) -> None:
    office.add("ratmi")
    own, other = Browser(office.server), Browser(office.server)
    assert own.sign_in("ratmi").status_code == 303
    other.client.set_cookie("sambung_browser", own.client.get_cookie("sambung_browser", path="/console").value[:-1] + "x")
    most = office.server.settings.refusals_per_address
    with office.server.app.app_context(), transaction() as connection:
        for number in range(office.server.settings.refusals_altogether):
            accounts.add_refusal(connection, auth.LOGIN, f"somewhere {number}", now_ms())
        for _ in range(most):
            accounts.add_refusal(connection, auth.LOGIN, auth.name_key("ratmi"), now_ms())
    assert other.sign_in("ratmi").status_code == 429, "a cookie that was altered is none"
    assert own.sign_in("wati").status_code == 429, "nor does it help to try another's name"
    assert own.sign_in("ratmi").status_code == 303
    for _ in range(most):
        assert own.sign_in("ratmi", "salah sekali").status_code == 401
    assert own.sign_in("ratmi").status_code == 429, "its own wrong tries count"


def test_a_name_that_there_is_not_is_locked_alike(office: Office) -> None:
    for _ in range(office.server.settings.refusals_per_address):
        Browser(office.server).sign_in("tak dikenal", "salah sekali")
    assert Browser(office.server).sign_in("tak dikenal").status_code == 429


def test_signing_in_is_remembered(office: Office) -> None:
    number = office.add("sari")
    assert office.row(number).seen_at is None and "belum pernah" in office.page(f"/{number}")
    Browser(office.server).sign_in("sari")
    assert now_ms() - office.row(number).seen_at < 60_000 and "baru saja" in office.page(f"/{number}")


# The second factor ----------------------------------------------------------------------------------------------------


def with_second_factor(office: Office, name: str, monkeypatch: pytest.MonkeyPatch) -> tuple[Browser, str]:
    """Somebody who has set it up in his browser; gives his secret too. The clock stands still."""
    office.add(name)
    monkeypatch.setattr("server.console.entrance.now_ms", lambda: START)
    monkeypatch.setattr("server.console.door.now_ms", lambda: START)
    browser = Browser(office.server)
    browser.sign_in(name)
    secret = SECRET.search(browser.get("/console/my-account").get_data(as_text=True))
    assert secret
    answer = browser.post(
        "/console/my-account/second-factor", secret=secret[1], code=code_at(secret[1], START), password=PASSWORD
    )
    assert answer.status_code == 303
    return browser, secret[1]


START = now_ms() // 30_000 * 30_000 + 1000


def code_at(secret: str, moment: int) -> str:
    return pyotp.TOTP(secret).at(moment // 1000)


def later(monkeypatch: pytest.MonkeyPatch, seconds: int) -> int:
    moment = START + seconds * 1000
    monkeypatch.setattr("server.console.entrance.now_ms", lambda: moment)
    monkeypatch.setattr("server.console.door.now_ms", lambda: moment)
    return moment


def test_the_second_factor_counts_from_a_right_code_on(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    number = office.add("dian")
    browser = Browser(office.server)
    browser.sign_in("dian")
    page = browser.get("/console/my-account").get_data(as_text=True)
    secret = SECRET.search(page)
    assert secret and "<svg" in page and " style=" not in page
    for tried in (
        {"code": "000000", "password": PASSWORD}, {"code": pyotp.TOTP(secret[1]).now(), "password": "salah sekali"},
        {"code": pyotp.TOTP("A" * 32).now(), "password": PASSWORD, "secret": "A" * 31},
        {"code": "١٢٣٤٥٦", "password": PASSWORD}, {"code": "²²²²²²", "password": PASSWORD},
    ):  # fmt: skip
        answer = browser.post("/console/my-account/second-factor", **({"secret": secret[1]} | tried))
        assert answer.status_code == 422 and office.row(number).sealed_totp is None
    assert secret[1] in browser.post(
        "/console/my-account/second-factor", secret=secret[1], code="000000", password=PASSWORD
    ).get_data(as_text=True)
    answer = browser.post(
        "/console/my-account/second-factor", secret=secret[1], code=pyotp.TOTP(secret[1]).now(), password=PASSWORD
    )
    assert answer.status_code == 303 and secret[1].encode() not in office.row(number).sealed_totp
    assert secret[1] not in browser.get("/console/my-account").get_data(as_text=True)
    assert office.noted("second-factor").who == f"account:{number}"


def test_sessions_begun_without_the_second_factor_end_when_it_is_set_up(office: Office) -> None:
    office.add("tuti")
    here, elsewhere = Browser(office.server), Browser(office.server)
    for browser in (here, elsewhere):
        assert browser.sign_in("tuti").status_code == 303 and browser.get().status_code == 200
    secret = SECRET.search(here.get("/console/my-account").get_data(as_text=True))
    assert secret
    code = pyotp.TOTP(secret[1]).now()
    answer = here.post("/console/my-account/second-factor", secret=secret[1], code=code, password=PASSWORD)
    assert answer.status_code == 303 and here.get().status_code == 200 and elsewhere.get().status_code == 303


def test_who_found_a_session_open_can_not_try_passwords_until_he_has_it(office: Office) -> None:
    office.add("dewi")
    browser = Browser(office.server)
    browser.sign_in("dewi")
    new = {"new": "kata sandi lain 1", "again": "kata sandi lain 1"}
    for number in range(office.server.settings.refusals_per_address):
        assert browser.post("/console/password", old=f"coba {number}", **new).status_code == 422
    assert browser.post("/console/password", old=PASSWORD, **new).status_code == 429


def test_a_code_serves_once(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    _, secret = with_second_factor(office, "eka", monkeypatch)
    again = Browser(office.server)
    assert again.sign_in("eka").headers["Location"].startswith("/console/second-factor")
    used = code_at(secret, START)  # it has confirmed the setting up
    assert again.client.post("/console/second-factor", data={"code": used}).status_code == 401
    moment = later(monkeypatch, 60)
    assert again.client.post("/console/second-factor", data={"code": code_at(secret, moment)}).status_code == 303
    other = Browser(office.server)
    other.sign_in("eka")
    assert other.client.post("/console/second-factor", data={"code": code_at(secret, moment)}).status_code == 401
    assert other.client.post("/console/second-factor", data={"code": code_at(secret, START)}).status_code == 401


def test_half_a_session_opens_no_page_and_ends_when_the_code_came(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    _, secret = with_second_factor(office, "fitri", monkeypatch)
    half = Browser(office.server)
    half.sign_in("fitri")
    token = half.token
    for page in OFFERED:
        if page.act and "<" not in page.rule:
            answer = half.client.open(page.rule, method=page.method, data={"csrf": csrf_of(token)})
            assert answer.status_code == 303 and "/console/entrance" in answer.headers["Location"], page.rule
    headers = {"Authorization": f"Bearer {token}"}
    assert half.client.get("/api/v1/me", headers=headers).status_code == 401
    moment = later(monkeypatch, 90)
    half.client.post("/console/second-factor", data={"code": code_at(secret, moment)})
    assert half.token != token and half.get().status_code == 200
    with office.server.reading() as connection:
        assert not connection.execute(select(t.session).where(t.session.c.token_hash == hash_token(token))).all()


def test_it_is_switched_off_by_password_and_code_together(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    browser, secret = with_second_factor(office, "gita", monkeypatch)
    moment = later(monkeypatch, 60)
    off = "/console/my-account/second-factor/off"
    assert browser.post(off, code=code_at(secret, moment), password="salah sekali").status_code == 422
    assert browser.post(off, code="000000", password=PASSWORD).status_code == 422
    assert browser.post(off, code=code_at(secret, START), password=PASSWORD).status_code == 422  # served already
    assert browser.post(off, code=code_at(secret, moment), password=PASSWORD).status_code == 303
    assert Browser(office.server).sign_in("gita").headers["Location"] == "/console/"


def test_guessing_at_a_session_that_stands_open_is_counted_too(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    browser, _ = with_second_factor(office, "hani", monkeypatch)
    tries = [browser.post("/console/my-account/second-factor/off", code="000000", password="salah") for _ in range(5)]
    assert tries[-1].status_code == 429 and "Retry-After" in tries[-1].headers


def test_an_administrator_switches_it_off_for_who_lost_his_phone(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    browser, _ = with_second_factor(office, "indah", monkeypatch)
    with office.server.app.app_context():
        number = people.named("indah")
    assert office.post(f"/{number}/second-factor").status_code == 303
    assert browser.get().status_code == 303 and Browser(office.server).sign_in("indah").headers["Location"] == "/console/"


# A first password -----------------------------------------------------------------------------------------------------


def test_who_is_added_changes_his_first_password_before_anything_else(office: Office) -> None:
    answer = office.post("/new", do="add", name="joni", role="operator", region="64.02.11")
    told = TOLD.search(answer.get_data(as_text=True))
    assert answer.status_code == 200 and told
    with office.server.app.app_context():
        row = office.row(people.named("joni") or 0)
    assert row.must_change and row.password.startswith("$argon2id$") and told[1] not in str(tuple(row))
    browser = Browser(office.server)
    browser.sign_in("joni", told[1])
    for page in OFFERED:
        if page.act and page.method == "GET" and "<" not in page.rule and page.name != "password":
            answer = browser.get(page.rule)
            assert (answer.status_code, answer.headers.get("Location")) == (303, "/console/password"), page.rule
    for path in ("/console/devices/find", "/console/my-account/second-factor", "/console/my-account/sessions"):
        assert browser.post(path, who="x").headers["Location"] == "/console/password"
    assert browser.post("/console/password", old=told[1], new="short", again="short").status_code == 422
    assert browser.post("/console/password", old=told[1], new=PASSWORD, again=PASSWORD).status_code == 303
    assert browser.get("/console/devices").status_code == 200


def test_a_program_gets_no_token_with_a_first_password(office: Office) -> None:
    office.add("kiki", must_change=True)
    answer = office.server.client.post("/api/v1/login", json={"name": "kiki", "password": PASSWORD})
    assert answer.status_code in (401, 403)


# What an administrator may --------------------------------------------------------------------------------------------


def test_nobody_is_added_outside_the_administrators_region_or_under_a_name_that_was_used(office: Office) -> None:
    office.add("lama")
    wrong = (
        {"name": "m", "role": "operator", "region": OTHER}, {"name": "m", "role": "admin", "region": "id"},
        {"name": "m", "role": "king", "region": REGENCY}, {"name": "", "role": "operator", "region": REGENCY},
        {"name": "m", "role": "operator", "region": ""}, {"name": "m", "role": "operator", "region": "64.02.99"},
        {"name": "lama", "role": "operator", "region": REGENCY},
    )  # fmt: skip
    for data in wrong:
        assert office.post("/new", do="add", **data).status_code == 422, data
    found = office.post("/new", do="find", q="muara kaman", name="m", role="viewer").get_data(as_text=True)
    assert 'value="64.02.11"' in found and 'value="m"' in found and re.search(r'value="viewer"[^>]* checked', found)
    assert "Tanjung Redeb" not in office.post("/new", do="find", q="tanjung redeb").get_data(as_text=True)


def test_what_somebody_may_is_changed_and_his_sessions_end(office: Office) -> None:
    number = office.add("nina")
    browser = Browser(office.server)
    browser.sign_in("nina")
    token = office.server.client.post("/api/v1/login", json={"name": "nina", "password": PASSWORD}).json["token"]
    assert office.post(f"/{number}/role", do="change", role="viewer", region="64.02.11").status_code == 303
    assert browser.get().status_code == 303
    assert office.server.client.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"}).status_code == 401
    browser.sign_in("nina")
    assert browser.get("/console/devices").status_code == 403 and browser.get("/console/?within=64.02").status_code == 403
    for role, region in (("viewer", OTHER), ("x", REGENCY), ("viewer", "64.02.99")):
        assert office.post(f"/{number}/role", do="change", role=role, region=region).status_code == 422
    assert '"do":"role"' in office.noted().about and office.noted().who == f"account:{office.admin.account}"


def test_a_password_is_made_anew_and_told_once(office: Office) -> None:
    number = office.add("oki")
    browser = Browser(office.server)
    browser.sign_in("oki")
    told = TOLD.search(office.post(f"/{number}/password").get_data(as_text=True))
    assert told and browser.get().status_code == 303 and told[1] not in office.page(f"/{number}")
    assert Browser(office.server).sign_in("oki").status_code == 401
    browser.sign_in("oki", told[1])
    assert browser.get().headers["Location"] == "/console/password"


def test_a_closed_account_stays_closed_and_who_returns_gets_a_new_one(office: Office) -> None:
    number = office.add("putri", region="64.02.11")
    browser = Browser(office.server)
    browser.sign_in("putri")
    assert office.post(f"/{number}/close").status_code == 303
    assert browser.get().status_code == 303 and Browser(office.server).sign_in("putri").status_code == 401
    assert "putri" not in office.page() and "putri" in office.page(closed=1)
    for path in ("password", "role", "unlock", "sessions", "close", "second-factor"):
        answer = office.post(f"/{number}/{path}", role="operator", region=REGENCY)
        assert answer.status_code == 422 and "sudah ditutup" in answer.get_data(as_text=True)
    form = office.page("/new", like=number)
    assert 'value="putri2"' in form and re.search(r'value="64.02.11" checked', form)
    assert office.post("/new", do="add", name="putri", role="operator", region=REGENCY).status_code == 422


def test_nobody_manages_himself_or_leaves_a_region_without_an_administrator(office: Office) -> None:
    me = office.admin.account
    for path in ("password", "role", "close", "second-factor", "sessions", "unlock"):
        answer = office.post(f"/{me}/{path}", do="change", role="viewer", region=REGENCY)
        assert answer.status_code == 422 and "akun Anda sendiri" in answer.get_data(as_text=True), path
    other, nation = Sitting(office.server, "admin", REGENCY), Sitting(office.server, "admin", "id")
    assert office.post(f"/{other.account}/close").status_code == 303
    with office.server.app.app_context():
        gone = accounts.Account(other.account, "-", "-", "admin", "id")  # both at once: he was one when he began
        for remove in (lambda: people.close_account(nation.account, gone, now_ms()),
                       lambda: people.change_role(nation.account, "admin", REGENCY, gone),
                       lambda: people.change_role(nation.account, "staff", "id", gone)):  # fmt: skip
            with pytest.raises(people.CannotManage, match="last"):
                remove()
        assert (office.row(nation.account).role, office.row(nation.account).region) == ("admin", "id")
        assert nation.get("/console/users").status_code == 200  # nothing of it was done
        people.close_account(nation.account, None, now_ms())  # the machine's own administrator adds another one


def test_accounts_of_another_region_and_the_region_above_are_not_there(office: Office) -> None:
    far, above = office.add("akunjauh", region=OTHER), office.add("akunatas", region="64")
    assert "akunjauh" not in (text := office.page()) and "akunatas" not in text
    assert "akunjauh" not in office.post("/find", who="akunj").get_data(as_text=True)
    for number in (far, above, 0, 10**18, 10**30):
        assert office.admin.get(f"/console/users/{number}").status_code == 404
        for path in ("password", "role", "close", "second-factor", "sessions", "unlock", "officer"):
            answer = office.post(f"/{number}/{path}", do="change", role="viewer", region=REGENCY, officer="none")
            assert answer.status_code == 404, (number, path)


def test_an_auditor_sees_who_may_sign_in_and_changes_nothing(office: Office) -> None:
    number, auditor = office.add("qori"), Sitting(office.server, "auditor", REGENCY)
    assert "qori" in auditor.get("/console/users").get_data(as_text=True)
    text = auditor.get(f"/console/users/{number}").get_data(as_text=True)
    assert "Tutup akun" not in text and "Tambah pengguna" not in auditor.get("/console/users").get_data(as_text=True)
    assert office.post(f"/{number}/close", auditor).status_code == 403
    assert Sitting(office.server, "operator", REGENCY).get("/console/users").status_code == 403


def test_who_is_an_officer_too_does_not_settle_what_he_wrote(office: Office) -> None:
    siti, budi = office.server.enrolled(VILLAGE, officer="Siti"), office.server.enrolled(VILLAGE, officer="Budi")
    office.server.enrolled(ELSEWHERE, officer="Siti Jauh")
    siti.sync(siti.change(), siti.change(1, {"full_name": "Nurhayati"}, seq=2))
    budi.sync(budi.change(f"{siti.id}-1", {"full_name": "Nur Hayat"}, seen={siti.id: 1}))
    with office.server.reading() as connection:
        officers = dict(connection.execute(select(t.officer.c.name, t.officer.c.id)).all())
    number = office.add("siti", region="64.02.11.2005")
    found = office.post(f"/{number}/officer", do="find", officer_name="sit").get_data(as_text=True)
    assert f'value="{officers["Siti"]}"' in found and "Siti Jauh" not in found and "Budi" not in found
    assert office.post(f"/{number}/officer", do="link", officer=str(officers["Siti Jauh"])).status_code == 422
    assert office.post(f"/{number}/officer", do="link", officer="9" * 18).status_code == 422
    assert office.post(f"/{number}/officer", do="link", officer=str(officers["Siti"])).status_code == 303
    token = office.server.client.post("/api/v1/login", json={"name": "siti", "password": PASSWORD}).json["token"]
    asked = {"record": f"{siti.id}-1", "seen": {siti.id: 2, budi.id: 1}, "fields": {"full_name": "Nurhayati"}}
    answer = office.server.client.post("/api/v1/settle", json=asked, headers={"Authorization": f"Bearer {token}"})
    assert answer.json["type"] == "urn:sambung:own-entry"
    assert office.post(f"/{number}/officer", do="link", officer="none").status_code == 303
    assert office.row(number).officer is None


# His own sessions -----------------------------------------------------------------------------------------------------


def test_somebody_sees_his_sessions_and_ends_the_others(office: Office) -> None:
    office.add("rudi")
    here, there = Browser(office.server), Browser(office.server)
    here.sign_in("rudi")
    there.sign_in("rudi")
    text = here.get("/console/my-account").get_data(as_text=True)
    assert text.count("<strong>Peramban</strong>") == 2 and text.count("yang ini") == 1
    assert here.post("/console/my-account/sessions").status_code == 303
    assert here.get().status_code == 200 and there.get().status_code == 303


def test_an_administrator_signs_somebody_out_everywhere(office: Office) -> None:
    number = office.add("sinta")
    browser = Browser(office.server)
    browser.sign_in("sinta")
    assert office.post(f"/{number}/sessions").status_code == 303 and browser.get().status_code == 303
    assert browser.sign_in("sinta").status_code == 303


def test_a_first_password_hashed_anew_stays_one_to_change(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.add("rini", must_change=True)
    stronger = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1)
    monkeypatch.setattr(auth, "_hasher", lambda: stronger)
    browser = Browser(office.server)
    assert browser.sign_in("rini").status_code == 303
    assert browser.get().headers["Location"].startswith("/console/password")
