"""What every page of the console goes through: who asks, what he may do and where, that he meant it, and how he is answered.

A desk offers its pages with `@desk` (looking) and `@deed` (doing). Each names the row of `server.auth.MAY` that its reader
must hold; the region comes from `within` (query or form), narrowed to his own. There is no other way to offer a page, so a
page without a rule can't be made.
"""

from __future__ import annotations

import gzip
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from hashlib import sha256
from typing import Any, NamedTuple

from flask import Blueprint, Flask, Response, current_app, redirect, render_template, request, url_for
from jinja2 import pass_context
from werkzeug.exceptions import HTTPException

from schemas import problem
from schemas.problem import ENGLISH, INDONESIAN, Both, Problem, complain
from server import auth, log
from server.actions import settle as at_desk
from server.actions.desk_pages import BadCursor
from server.actions.enrol import TooManyRefusals
from server.actions.regions import region_exists, region_path
from server.clock import now_ms
from server.config import Settings
from server.console import words
from server.console.assets import assets
from server.limits import Shares
from server.problems import _BY_STATUS, Refusal
from server.store.accounts import Account
from server.store.scoping import Scope

PREFIX, FOLDER = "/console", "console/"
console = Blueprint("console", __name__, url_prefix=PREFIX, template_folder="templates")

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
LARGEST_FORM = 1024 * 1024  # bytes; a page that takes files says how much more
LARGEST_NUMBER = 2**63 - 1  # of a part of an address
SAID_COOKIE, LANG_COOKIE, BROWSER_COOKIE = "sambung_said", "sambung_lang", "sambung_browser"
A_YEAR_SECONDS = 365 * 24 * 60 * 60
WORTH_PRESSING = 500  # bytes
SAME_SITE = ("same-origin", "none")


class Offered(NamedTuple):
    """A page or deed as it was offered: what a test walks through. act: None where nobody needs to be known."""

    name: str
    rule: str
    method: str
    act: str | None


OFFERED: list[Offered] = []
TO_DO: list[Callable[[Asking], ToDo | None]] = []


class ToDo(NamedTuple):
    """Something that waits at a desk, for the first page. count: how many; 0 shows that all is done. urgent: is overdue."""

    name: Both
    count: int
    says: Both
    url: str
    urgent: bool = False


@dataclass(frozen=True)
class Asking:
    """One request of somebody who has signed in. scope: the region that this page shows, his own or a part of it."""

    account: Account
    scope: Scope
    lang: str
    now: int
    token: str
    settings: Settings

    def may(self, act: str) -> bool:
        return auth.may(self.account, act)

    def may_open(self, page: str) -> bool:
        """Whether a page of that name is offered to him; a link is shown only then."""
        return any(each.name == page and each.act is not None and self.may(each.act) for each in OFFERED)

    def t(self, indonesian: str, english: str) -> str:
        """A sentence in the reader's language; both stand where it is used."""
        return english if self.lang == ENGLISH else indonesian

    @property
    def csrf(self) -> str:
        return csrf_of(self.token)

    @property
    def is_partial(self) -> bool:
        """Whether htmx asks for a part of the page that it shows already."""
        return request.headers.get("HX-Request") == "true" and request.headers.get("HX-History-Restore-Request") != "true"

    def url(self, name: str, **values: Any) -> str:
        """The address of a page, in the region that is looked at now."""
        if self.scope != self.account.region:
            values.setdefault("within", str(self.scope))
        return url_for(f"console.{name}", **values)

    def render(self, template: str, part: str | None = None, status: int = 200, **values: Any) -> Response:
        """A page; or, where htmx asks for it, only its block named `part`."""
        context = page_context(self.lang, self) | values
        if part and self.is_partial:
            made = current_app.jinja_env.get_template(FOLDER + template)
            html = "".join(made.blocks[part](made.new_context(context)))
        else:
            html = render_template(FOLDER + template, **context)
        return html_response(html, status, self.lang)

    def done(self, says: Both, to: str) -> Response:
        """It is done: say so on the page that comes next, which a reload does not do again."""
        return say_on_next(redirect_to(to), says)

    def complain(self, codes: Mapping[str, list[str]]) -> dict[str, list[str]]:
        """Complaints of `schemas.problem` by field, as sentences."""
        return {field: [complain(code, self.lang) for code in said] for field, said in codes.items()}


View = Callable[..., Any]


def desk(rule: str, act: str) -> Callable[[View], View]:
    """Offer a page to look at: `GET rule`, to whoever may `act`. The view gets an `Asking` and the rule's parts."""
    return _offer(rule, "GET", act)


def deed(rule: str, act: str, largest: int = LARGEST_FORM) -> Callable[[View], View]:
    """Offer something to do: `POST rule`. It is refused without the page's own token, and from another site.

    largest: how many bytes its form may bring.
    """
    return _offer(rule, "POST", act, largest)


def to_do(function: Callable[[Asking], ToDo | None]) -> Callable[[Asking], ToDo | None]:
    """Something for the first page; None for whom it does not concern."""
    TO_DO.append(function)
    return function


def _offer(rule: str, method: str, act: str, largest: int = LARGEST_FORM) -> Callable[[View], View]:
    assert act in auth.MAY, act

    def offer(view: View) -> View:
        @wraps(view)
        def go(**parts: Any) -> Any:
            request.max_content_length = largest
            if any(type(part) is int and part > LARGEST_NUMBER for part in parts.values()):
                raise Refusal(problem.NOT_FOUND)  # no row has such a number, and no database takes it
            if any(type(part) is str and "\0" in part for part in parts.values()):
                raise Refusal(problem.NOT_FOUND)
            asking = _asking(act)
            if isinstance(asking, Response):
                return asking
            if method == "POST":
                check_meant(asking.token)
            if any("\0" in text for given in (request.args, request.form) for some in given.listvalues() for text in some):
                raise Refusal(problem.BAD_REQUEST)  # no keyboard types it, and PostgreSQL keeps no text that has it
            return view(asking, **parts)

        OFFERED.append(Offered(view.__name__, PREFIX + rule, method, act))
        console.add_url_rule(rule, view.__name__, go, methods=[method])
        return view

    return offer


def public(rule: str, methods: tuple[str, ...] = ("GET",)) -> Callable[[View], View]:
    """Offer what nobody needs to be known for: the entrance, styles and scripts."""

    def offer(view: View) -> View:
        for method in methods:
            OFFERED.append(Offered(view.__name__, PREFIX + rule, method, None))
        console.add_url_rule(rule, view.__name__, view, methods=list(methods))
        return view

    return offer


def _asking(act: str) -> Asking | Response:
    token = request.cookies.get(cookie_name(), "")
    account = auth.of_session(token, now_ms())
    if account is None:
        return to_entrance()
    shares: Shares = current_app.extensions["sambung.shares"]
    shares.take(account)
    if account.must_change and act != "own account" and act != "sign out":
        return redirect_to(url_for("console.password"))
    within = request.values.get("within") or None
    _, scope = auth.scope_of(account, act, within)
    if within is not None and not region_exists(within):
        raise Refusal(problem.NOT_FOUND)
    return Asking(account, scope, lang(), now_ms(), token, current_app.extensions["sambung"])


# Sessions and what was meant ------------------------------------------------------------------------------------------


def is_secure() -> bool:
    settings: Settings = current_app.extensions["sambung"]
    return settings.public_url.startswith("https:")


def cookie_name() -> str:
    """`__Host-`: a browser takes it from this host alone, whole path, by HTTPS, so that no neighbour can set one for us."""
    return "__Host-sambung" if is_secure() else "sambung"


def keep_session(response: Response, token: str, seconds: int) -> Response:
    response.set_cookie(
        cookie_name(), token, max_age=seconds, path="/", secure=is_secure(), httponly=True, samesite="Lax"
    )  # fmt: skip
    return response


def know_browser(response: Response, name: str) -> Response:
    """Here he has signed in: what others try under his name does not lock him out of this browser."""
    settings: Settings = current_app.extensions["sambung"]
    response.set_cookie(
        BROWSER_COOKIE, auth.known_browser(name, settings), max_age=A_YEAR_SECONDS, path=PREFIX, secure=is_secure(),
        httponly=True, samesite="Lax",
    )  # fmt: skip
    return response


def drop_session(response: Response) -> Response:
    response.delete_cookie(cookie_name(), path="/", secure=is_secure(), httponly=True, samesite="Lax")
    return response


def csrf_of(token: str) -> str:
    """What a form must bring along: only who can read a page of this session knows it."""
    return urlsafe_b64encode(hmac.digest(token.encode(), b"console form", "sha256")).decode().rstrip("=")


def check_meant(token: str) -> None:
    """Whether this came from a page of ours, in this session. Raises Refusal (403)."""
    check_site()
    brought = request.headers.get("X-CSRF") or request.form.get("csrf", "")
    if not hmac.compare_digest(brought.encode(), csrf_of(token).encode()):
        raise Refusal(problem.FORM_STALE)


def check_site() -> None:
    """Browsers say which site a request comes from; another one has no business here. Raises Refusal (403)."""
    site, origin = request.headers.get("Sec-Fetch-Site", "same-origin"), request.headers.get("Origin")
    settings: Settings = current_app.extensions["sambung"]
    ours = {settings.public_url.rstrip("/"), request.host_url.rstrip("/")}
    if site not in SAME_SITE or (origin is not None and origin not in ours):
        raise Refusal(problem.FORM_STALE)


def whole_number(text: str | None, digits: int = 15) -> int | None:
    """A number as an address or form brings it; None for anything else, such as other scripts' digits or a huge one."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= digits else None


def to_entrance() -> Response:
    """Sign in first, and go on from there."""
    wanted = request.full_path.rstrip("?") if request.method == "GET" else url_for("console.home")
    entrance = url_for("console.entrance", next=wanted if is_ours(wanted) else None)
    if request.headers.get("HX-Request") == "true":
        return Response(status=204, headers={"HX-Redirect": entrance})
    return redirect_to(entrance)


def is_ours(path: str | None) -> bool:
    """Whether an address is a path of the console, and nothing that a browser would take for another host."""
    return path is not None and path.startswith(PREFIX + "/") and "\\" not in path and path.isprintable()


def redirect_to(url: str) -> Response:
    response: Any = redirect(url, 303)
    return response


# How it is answered ---------------------------------------------------------------------------------------------------


def lang() -> str:
    """`id` or `en`: as chosen here before, else as the browser says."""
    chosen = request.args.get("lang") or request.cookies.get(LANG_COOKIE)
    if chosen in (INDONESIAN, ENGLISH):
        return chosen
    return problem.language(request.headers.get("Accept-Language"))


def page_context(language: str, asking: Asking | None) -> dict[str, Any]:
    """What every template may use: see `server/console/README.md`."""

    def t(indonesian: str, english: str) -> str:
        return english if language == ENGLISH else indonesian

    context = {
        "t": t, "lang": language, "asking": asking, "asset": asset_url, "words": words.Words(language),
        "csrf": asking.csrf if asking else "", "said": _take_said(language), "nav": navigation(asking) if asking else [],
        "path": region_path(asking.scope) if asking else [], "here": request.endpoint,
        "other_lang": ENGLISH if language == INDONESIAN else INDONESIAN, "this_page": _this_page(),
        "asking_views": current_app.view_functions, "thread": thread(asking) if asking else [],
    }  # fmt: skip
    macros: Any = current_app.jinja_env.get_template(FOLDER + "macros.html")
    return context | {"ui": macros.make_module(context)}


def _this_page() -> str:
    """Where a link to this same page in the other language leads; a page that answers a form goes to the first one."""
    taken = {"lang", "endpoint", *(request.view_args or {})}
    # What begins with "_" would tell Flask to build another address: with a scheme of the sender's, for one.
    query: dict[str, Any] = {
        name: value for name, value in request.args.items() if name not in taken and not name.startswith("_")
    }  # fmt: skip
    if request.method != "GET" or not request.endpoint:
        return url_for("console.home")
    return url_for(request.endpoint, **(request.view_args or {}), **query)


def html_response(html: str, status: int, language: str) -> Response:
    """A page, pressed where it is worth it, never kept by a browser: it shows people."""
    raw = html.encode()
    headers = {
        "Content-Security-Policy": POLICY, "Content-Language": language, "Cache-Control": "no-store",
        "Referrer-Policy": "same-origin",  # without it a browser would not say that a form comes from here
    }  # fmt: skip
    response = Response(raw, status, content_type="text/html; charset=utf-8", headers=headers)
    if len(raw) >= WORTH_PRESSING and request.accept_encodings["gzip"] > 0:
        response.set_data(gzip.compress(raw, 6, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
    response.vary.update(("Accept-Encoding", "HX-Request", "Cookie"))
    if request.args.get("lang") in (INDONESIAN, ENGLISH):
        response.set_cookie(LANG_COOKIE, language, max_age=A_YEAR_SECONDS, path=PREFIX, samesite="Lax", httponly=True)
    if request.cookies.get(SAID_COOKIE):
        response.delete_cookie(SAID_COOKIE, path=PREFIX)
    return response


def unchanged() -> Response:
    """To htmx, which looks again and again: what you show is as it was (204 changes nothing)."""
    return Response(status=204)


def fingerprint(*parts: Any) -> str:
    """A short text that changes when what is shown does: a page that looks again sends it along as `was`."""
    return sha256(repr(parts).encode()).hexdigest()[:16]


def say_on_next(response: Response, says: Both) -> Response:
    """A sentence for the page that comes next: in both languages, never of a person's data."""
    text = urlsafe_b64encode(json.dumps(list(says)).encode()).decode()
    response.set_cookie(SAID_COOKIE, text, max_age=60, path=PREFIX, samesite="Lax", httponly=True)
    return response


def _take_said(language: str) -> str | None:
    try:
        both = json.loads(urlsafe_b64decode(request.cookies.get(SAID_COOKIE, "")))
        said = both[1 if language == ENGLISH else 0]
    except (ValueError, IndexError, KeyError, TypeError):
        return None
    return said if isinstance(said, str) else None


def asset_url(name: str) -> str:
    return url_for("console.asset", name=name, v=assets()[name].version)


@public("/static/<name>")
def asset(name: str) -> Response:
    """A style or script, kept for good: its address changes with it."""
    known = assets().get(name)
    if known is None:
        raise Refusal(problem.NOT_FOUND)
    pressed = request.accept_encodings["gzip"] > 0
    headers = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
    if pressed:
        headers["Content-Encoding"] = "gzip"
    return Response(known.pressed if pressed else known.raw, content_type=known.type, headers=headers)


# What the desks are ---------------------------------------------------------------------------------------------------


class Place(NamedTuple):
    """An entry of the menu: the page's name, what it is called, and who may see it."""

    page: str
    name: Both
    act: str


MENU: tuple[tuple[Both, tuple[Place, ...]], ...] = (
    (("Hari ini", "Today"), (
        Place("home", ("Pekerjaan hari ini", "To do today"), "see figures"),
    )),
    (("Data desa", "Village data"), (
        Place("devices", ("HP petugas", "Officers' phones"), "see devices"),
        Place("conflicts", ("Isian berbeda", "Conflicts"), "see conflicts"),
        Place("corrections", ("Perlu dibetulkan", "To be corrected"), "see conflicts"),
        Place("duplicates", ("Orang ganda", "Duplicates"), "see conflicts"),
    )),
    (("Pekerja", "Workers"), (
        Place("workers", ("Cari pekerja", "Workers"), "see people"),
        Place("lists", ("Cocokkan daftar", "Reconcile lists"), "see lists"),
        Place("exports", ("Unduh data", "Exports"), "export"),
    )),
    (("Program", "Programme"), (
        Place("coverage", ("Cakupan", "Coverage"), "see figures"),
        Place("gaps", ("Belum terlindungi", "Not protected"), "see people"),
        Place("followups", ("Iuran dan kartu", "Contributions and cards"), "see people"),
        Place("claims", ("Klaim", "Claims"), "see people"),
        Place("budgets", ("Anggaran", "Budget"), "see figures"),
        Place("decrees", ("SK penerima", "Decrees"), "see figures"),
        Place("cycles", ("Monev", "Monitoring"), "see figures"),
        Place("feedback", ("Masukan dan solusi", "Feedback and solutions"), "see figures"),
        Place("awards", ("Penghargaan", "Awards"), "see figures"),
        Place("duties", ("Inpres dan perjanjian", "Duties and agreements"), "see figures"),
    )),
    (("Hak dan jejak", "Rights and audit"), (
        Place("rights", ("Hak atas data", "People's rights"), "see rights"),
        Place("breaches", ("Kebocoran data", "Breaches"), "see rights"),
        Place("audit_log", ("Catatan jejak", "Audit log"), "see audit"),
    )),
    (("Pengelolaan", "Administration"), (
        Place("users", ("Pengguna", "Users"), "see administration"),
        Place("regions", ("Wilayah dan target", "Regions and targets"), "see figures"),
        Place("forms", ("Formulir", "Forms"), "see administration"),
        Place("jobs", ("Tugas terjadwal", "Jobs"), "see administration"),
        Place("system", ("Sistem dan cadangan", "System and backups"), "see administration"),
    )),
)  # fmt: skip


THREAD: tuple[tuple[Place, frozenset[str]], ...] = (
    (Place("coverage", ("Cakupan", "Coverage"), "see figures"), frozenset({"coverage", "coverage_days"})),
    (Place("gaps", ("Sebabnya", "Why"), "see people"), frozenset({"gaps"})),
    (Place("what_if", ("Biayanya", "What it costs"), "see figures"), frozenset({"what_if"})),
    (Place("rankings", ("Siapa didahulukan", "Who comes first"), "see figures"), frozenset({"rankings", "ranking"})),
    (Place("decrees", ("SK penerima", "Decrees"), "see figures"), frozenset({"decrees", "decree", "double_funding"})),
    (Place("budgets", ("Anggaran dan yang dibayar", "Budget and what was paid"), "see figures"),
     frozenset({"budgets", "scenario", "budget"})),
    (Place("awards", ("Penghargaan", "Awards"), "see figures"), frozenset({"awards", "award"})),
)  # fmt: skip
"""How coverage, budget and award hang together, step by step, with the pages that belong to each step."""


def thread(asking: Asking) -> list[tuple[Place, str, bool]]:
    """The steps that he may look at here, on the pages of these steps alone: place, address, whether he is there."""
    here = (request.endpoint or "").removeprefix("console.")
    if not any(here in pages for _, pages in THREAD):
        return []
    return [(place, asking.url(place.page), here in pages) for place, pages in THREAD if asking.may(place.act)]


def navigation(asking: Asking) -> list[tuple[Both, list[tuple[Place, str]]]]:
    """The menu as this person may use it: groups of places with their addresses."""
    groups = [
        (name, [(place, asking.url(place.page)) for place in places
                if asking.may(place.act) and f"console.{place.page}" in current_app.view_functions])
        for name, places in MENU
    ]  # fmt: skip
    return [(name, places) for name, places in groups if places]


# What goes wrong ------------------------------------------------------------------------------------------------------

_DESK_PROBLEMS: dict[type[Exception], Problem] = {
    at_desk.NoSuchRecord: problem.NOT_FOUND, at_desk.OutsideRegion: problem.OUTSIDE_REGION,
    at_desk.NotSeen: problem.NOT_SEEN, at_desk.OwnEntry: problem.OWN_ENTRY, at_desk.BadFields: problem.INVALID,
    BadCursor: problem.BAD_REQUEST,
}  # fmt: skip


def problem_page(what: Problem, headers: Mapping[str, str] | None = None, **values: Any) -> Response:
    """A refusal as a page: what happened, and what to do."""
    language = lang()
    told = what.body(language, **values)
    account = auth.of_session(request.cookies.get(cookie_name()), now_ms())
    asking = None
    if account is not None and not account.must_change:
        settings: Settings = current_app.extensions["sambung"]
        asking = Asking(account, Scope(account.region), language, now_ms(), request.cookies[cookie_name()], settings)
    context = page_context(language, asking) | {"title": told["title"], "detail": told.get("detail", ""), "told": told}
    response = html_response(render_template(FOLDER + "problem.html", **context), what.status, language)
    response.headers.update(headers or {})
    return response


@console.errorhandler(Refusal)
def refuse(refusal: Refusal) -> Response:
    log.refused(refusal.what.slug, refusal.what.status)
    return problem_page(refusal.what, refusal.headers, **refusal.values)


@console.errorhandler(at_desk.DeskError)
@console.errorhandler(BadCursor)
def refuse_desk(error: Exception) -> Response:
    what = _DESK_PROBLEMS.get(type(error), problem.INVALID)
    log.refused(what.slug, what.status)
    return problem_page(what)


@console.errorhandler(TooManyRefusals)
def refuse_for_now(error: TooManyRefusals) -> Response:
    return problem_page(problem.TOO_MANY, {"Retry-After": str(error.seconds)}, retry_after=error.seconds)


@console.errorhandler(HTTPException)
def refuse_http(error: HTTPException) -> Response:
    code = error.code or 500
    return problem_page(_BY_STATUS.get(code, problem.BAD_REQUEST if code < 500 else problem.INTERNAL))


@console.errorhandler(Exception)
def fail(error: Exception) -> Response:
    log.failed(error)
    return problem_page(problem.INTERNAL)


@public("/<path:anything>", ("GET", "POST"))
def nowhere(anything: str) -> Response:
    """There is no such page."""
    raise Refusal(problem.NOT_FOUND)


@pass_context
def url_in_region(context: Any, name: str, **values: Any) -> str:
    """`url('devices')` in a template: the address of a page in the region that is looked at."""
    asking = context.get("asking")
    return asking.url(name, **values) if asking else url_for(f"console.{name}", **values)


def init_console(app: Flask) -> None:
    app.jinja_env.globals["url"] = url_in_region
    app.register_blueprint(console)
