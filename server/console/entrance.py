"""The entrance: name and password, the second factor, a first password that must be changed, and the way out."""

from __future__ import annotations

from typing import Any

from flask import Response, request, url_for

from schemas import problem
from server import auth
from server.actions import people
from server.actions.enrol import TooManyRefusals
from server.auth import HALF, SignedIn
from server.clock import now_ms
from server.console import door
from server.console.door import Asking, deed, desk, public
from server.problems import Refusal


@public("/entrance")
def entrance() -> Response:
    return _page(None)


@public("/entrance", ("POST",))
def sign_in() -> Response:
    """A new session in any case: whatever token the browser brought along is worth nothing afterwards."""
    door.check_site()
    settings = door.current_app.extensions["sambung"]
    name, password = request.form.get("name", "")[:200], request.form.get("password", "")[:1000]
    try:
        signed = auth.sign_in(name, password, request.remote_addr or "", settings, now_ms(), _browser())
    except Refusal as refusal:
        return _page(refusal, name=name)
    except TooManyRefusals as too_many:
        return _page(_for_now(too_many), name=name)
    auth.logout(request.cookies.get(door.cookie_name(), ""))
    if signed.door == HALF:
        return _go_on(signed, door.redirect_to(url_for("console.second", next=_next())))
    return _go_on(signed, door.redirect_to(_next() or url_for("console.home")))


@public("/second-factor")
def second() -> Response:
    return _second_page(None)


@public("/second-factor", ("POST",))
def bring_second() -> Response:
    door.check_site()
    settings = door.current_app.extensions["sambung"]
    token = request.cookies.get(door.cookie_name(), "")
    try:
        code, address = request.form.get("code", "")[:20], request.remote_addr or ""
        signed = auth.second_factor(token, code, address, settings, now_ms(), _browser())
    except Refusal as refusal:
        if refusal.what is problem.UNAUTHORIZED:  # it took too long: from the beginning
            return door.redirect_to(url_for("console.entrance", next=_next()))
        return _second_page(refusal)
    except TooManyRefusals as too_many:
        return _second_page(_for_now(too_many))
    return _go_on(signed, door.redirect_to(_next() or url_for("console.home")))


@deed("/sign-out", "sign out")
def sign_out(asking: Asking) -> Response:
    auth.logout(asking.token)
    said = ("Anda sudah keluar.", "You are signed out.")
    return door.drop_session(door.say_on_next(door.redirect_to(url_for("console.entrance")), said))


@desk("/password", "own account")
def password(asking: Asking) -> Response:
    return asking.render("password.html", complaint=None)


@deed("/password", "own account")
def change_password(asking: Asking) -> Response:
    """His other sessions end; this one goes on."""
    old, new = request.form.get("old", "")[:1000], request.form.get("new", "")[:1000]
    if new != request.form.get("again", ""):
        return asking.render("password.html", complaint="differs", status=422)
    try:
        auth.ask_again(asking.account, old, None, request.remote_addr or "", asking.settings, asking.now)
        people.change_password(asking.account, old, new, asking.token, asking.now)
    except Refusal:  # it counts as at the entrance: whoever finds a session open must not try until he has it
        return asking.render("password.html", complaint="old", status=422)
    except people.CannotChange as wrong:
        return asking.render("password.html", complaint=wrong.why, status=422)
    return asking.done(("Kata sandi sudah diganti.", "The password is changed."), asking.url("home"))


def _next() -> str | None:
    """Where he wanted to go, if that is a page of ours."""
    wanted = request.values.get("next")
    return wanted if door.is_ours(wanted) else None


def _for_now(too_many: TooManyRefusals) -> Refusal:
    return Refusal(problem.TOO_MANY, {"Retry-After": str(too_many.seconds)}, retry_after=too_many.seconds)


def _browser() -> str:
    return request.cookies.get(door.BROWSER_COOKIE, "")[:200]


def _go_on(signed: SignedIn, response: Response) -> Response:
    if signed.door != HALF:
        door.know_browser(response, signed.account.name)
    return door.keep_session(response, signed.token, (signed.expires_at - now_ms()) // 1000)


def _page(refusal: Refusal | None, **values: Any) -> Response:
    return _form("entrance.html", refusal, **values)


def _second_page(refusal: Refusal | None) -> Response:
    return _form("second_factor.html", refusal)


def _form(template: str, refusal: Refusal | None, **values: Any) -> Response:
    language = door.lang()
    told = refusal.what.body(language, **refusal.values) if refusal else None
    context = door.page_context(language, None) | {"told": told, "next": _next()} | values
    html = door.render_template(door.FOLDER + template, **context)
    response = door.html_response(html, refusal.what.status if refusal else 200, language)
    response.headers.update(refusal.headers if refusal else {})
    return response
