"""The sync cockpit: which phones need somebody, what to say on the telephone, and what an operator does with a phone.

The list and a phone's page look again by themselves; the answer to that is empty while nothing has changed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

import segno
from flask import Response, request
from markupsafe import Markup

from schemas import problem
from schemas.region import is_village, parent, within
from server import audit
from server.actions import fleet, phones, recovery
from server.actions.desk_pages import BadCursor
from server.actions.enrol import NewCode, UnknownVillage, make_code
from server.actions.fleet import NoSuchDevice
from server.actions.merge_received import decide_waiting
from server.actions.phones import Asked, Phone, Whole
from server.actions.regions import region_names
from server.console import door, phone_talk
from server.console.door import Asking, ToDo, deed, desk, to_do
from server.console.phone_talk import TALKS
from server.problems import Refusal

PAGE, FOUND, BATCH_CHANGES = 40, 60, 200
LONGEST_OFFICER = 100
ONLY_HERE = ("127.0.0.1", "localhost", "::1")
FEW_VILLAGES = 40
"""So many villages are shown at once to choose from; of more, those whose name is looked for."""

Given = TypeVar("Given")


# The list -------------------------------------------------------------------------------------------------------------


@desk("/devices", "see devices")
def devices(asking: Asking) -> Response:
    """The worst first; `was` comes from the page itself, when it looks again."""
    state, days = request.args.get("state", ""), request.args.get("silent", "")
    if state and state not in phones.STATES:
        raise BadCursor
    asked = Asked(state, int(days) if days.isascii() and days.isdigit() and len(days) <= 4 else None, _text("village"))
    cursor = request.args.get("cursor") or None
    found = phones.fleet(asking.scope, asked, cursor, PAGE, asking.settings, asking.now)
    mark = door.fingerprint(asking.lang, [_shown(phone, asking) for phone in found.phones], found.counts, found.next)
    if request.args.get("was") == mark:
        return door.unchanged()
    # A filter that is empty does not stand in an address.
    wanted = {"state": asked.state, "silent": asked.silent_days, "village": asked.village}
    kept = {name: value for name, value in wanted.items() if value not in ("", None)}
    return asking.render(
        "devices.html", part="fleet", found=found, asked=asked, kept=kept, cursor=cursor, mark=mark, who=None,
        **_words(asking, found.phones),
    )  # fmt: skip


@deed("/devices/find", "see devices")
def find_phone(asking: Asking) -> Response:
    """By an officer's name, which must not stand in an address."""
    who = " ".join(request.form.get("who", "").split())[:LONGEST_OFFICER]
    asked = Asked(who=who)
    found = phones.fleet(asking.scope, asked, None, FOUND, asking.settings, asking.now)
    return asking.render(
        "devices.html", found=found, asked=asked, kept={}, cursor=None, mark="", who=who, **_words(asking, found.phones)
    )


def _text(name: str) -> str:
    return " ".join(request.values.get(name, "").split())[:100]


def _shown(phone: Phone, asking: Asking) -> tuple[Any, ...]:
    """What the list says of a phone: when it changes, the page that looks again is told."""
    words = door.words.Words(asking.lang)
    row, said = phone.row, phone.said
    return (
        row.id, row.officer_name, row.name, phone.villages, phone.is_out_of_use, words.ago(row.contact_at, asking.now),
        said.left, said.files, said.drafts, said.oldest, [(cause.code, cause.number) for cause in phone.causes],
    )  # fmt: skip


def _words(asking: Asking, shown: list[Phone]) -> dict[str, Any]:
    codes = sorted({village for phone in shown for village in phone.villages})
    return {
        "names": region_names(codes), "talks": TALKS, "states": phone_talk.STATES, "urgent": phones.URGENT,
        "filled": _filling(asking),
    }  # fmt: skip


def _filling(asking: Asking) -> Callable[[str, phones.Cause], str]:
    """What fills the gaps of a sentence on a cause, in the reader's language."""
    words = door.words.Words(asking.lang)

    def fill(sentence: str, cause: phones.Cause) -> str:
        is_count = cause.code not in (phones.FULL, phones.CLOCK)
        return sentence.format(
            n=words.number(cause.number) if is_count else "", size=megabytes(words, cause.number),
            clock=words.lasting(cause.number),
        )  # fmt: skip

    return fill


def megabytes(words: door.words.Words, count: int) -> str:
    return f"{words.number(count // 1_000_000)} MB"


# One phone ------------------------------------------------------------------------------------------------------------


@desk("/devices/<device>", "see devices")
def device(asking: Asking, device: str) -> Response:
    """All that is known of a phone, with what it sent last."""
    before = request.args.get("before", "")
    behind = int(before) if before.isascii() and before.isdigit() and len(before) <= 15 else None
    whole = _found(lambda: phones.phone_whole(asking.scope, device, behind, BATCH_CHANGES, asking.settings, asking.now))
    mark = _mark(whole, asking)
    if request.args.get("was") == mark:
        return door.unchanged()
    people = {change.sent.record for batch in whole.batches for change in batch.changes if change.whom}
    if people:
        audit.look("list", region=asking.scope, records=sorted(people), device=device)
    return asking.render("device.html", part="live", whole=whole, mark=mark, behind=behind, **_of_phone(asking, whole.phone))


def _mark(whole: Whole, asking: Asking) -> str:
    changes = [(each.sent.seq, each.became, each.sent.returned) for batch in whole.batches for each in batch.changes]
    return door.fingerprint(_shown(whole.phone, asking), whole.phone.hand_over, whole.days[-1:], changes, asking.lang)


def _of_phone(asking: Asking, phone: Phone) -> dict[str, Any]:
    words = door.words.Words(asking.lang)
    known = door.current_app.view_functions
    return _words(asking, [phone]) | {
        "phone": phone, "megabytes": lambda count: megabytes(words, count),
        "may_manage": asking.may("manage devices") and _is_his(asking, phone),
        "pages": {name for name in ("conflict", "correction", "worker", "breaches") if f"console.{name}" in known},
        "home": phone.villages[0] if phone.villages else str(asking.scope),
    }  # fmt: skip


def _is_his(asking: Asking, phone: Phone) -> bool:
    """Whether all its villages lie in his region: the page says so before an action refuses it."""
    return phones.is_all_inside(phone.row.id, asking.account.region)


def _found(ask: Callable[[], Given]) -> Given:
    try:
        return ask()
    except NoSuchDevice:
        raise Refusal(problem.NOT_FOUND) from None


def _phone(asking: Asking, device: str) -> Phone:
    return _found(lambda: phones.phone_in(asking.scope, device, asking.settings, asking.now))


@deed("/devices/<device>/waiting/<int:seq>", "decide")
def decide_waiting_of(asking: Asking, device: str, seq: int) -> Response:
    """An operator's decision on a change that waits for a record of another phone."""
    _phone(asking, device)
    create = _one_of(request.form.get("do"), "create", "refuse") == "create"
    decide_waiting(device, seq, create, asking.account, asking.settings, asking.now)
    says = (
        ("Kiriman itu sekarang membuat catatannya.", "The change makes its record now.") if create else
        ("Kiriman itu ditahan untuk dibetulkan.", "The change is set aside, to be corrected.")
    )  # fmt: skip
    return asking.done(says, asking.url("device", device=device))


def _one_of(given: str | None, *wanted: str) -> str:
    if given not in wanted:
        raise Refusal(problem.INVALID)
    return given


# What is done with a phone --------------------------------------------------------------------------------------------


@deed("/devices/<device>/name", "manage devices")
def rename_device(asking: Asking, device: str) -> Response:
    phone = _phone(asking, device)
    try:
        fleet.rename(device, request.form.get("name", "")[:1000], asking.account)
    except fleet.BadName:
        whole = phones.phone_whole(asking.scope, device, None, BATCH_CHANGES, asking.settings, asking.now)
        return asking.render(
            "device.html", status=422, whole=whole, mark="", behind=None, bad_name=request.form.get("name", "")[:1000],
            **_of_phone(asking, phone),
        )  # fmt: skip
    return asking.done(("Nama HP sudah diganti.", "The phone has its new name."), asking.url("device", device=device))


@deed("/devices/<device>/revoke", "manage devices")
def revoke_device(asking: Asking, device: str) -> Response:
    """What it has not sent it hands over sealed, when it next has a line; that is set aside for somebody to look at."""
    _phone(asking, device)
    if not fleet.revoke(device, asking.settings, asking.now, asking.account):
        raise Refusal(problem.NOT_FOUND)
    says = ("HP dicabut. Begitu terhubung, HP menyerahkan sisanya lalu mengosongkan diri.",
            "The phone is revoked. When it connects, it hands over what is left and wipes itself.")  # fmt: skip
    return asking.done(says, asking.url("device", device=device))


@deed("/devices/<device>/recovery", "manage devices")
def recover_device(asking: Asking, device: str) -> Response:
    """A code for who forgot his PIN. It is told once, here: so the page comes at once, and not after a redirect."""
    phone = _phone(asking, device)
    made = _found(lambda: recovery.make_recovery(device, asking.settings, asking.now, asking.account))
    return asking.render("recovery.html", made=made, **_of_phone(asking, phone))


@desk("/devices/<device>/hand-over", "manage devices")
def handing(asking: Asking, device: str) -> Response:
    phone = _phone(asking, device)
    return asking.render("hand_over.html", complaint=None, officer="", **_handing(asking, phone))


@deed("/devices/<device>/hand-over", "manage devices")
def hand_over(asking: Asking, device: str) -> Response:
    """A code for the officer who is to have it, shown once."""
    phone = _phone(asking, device)
    officer = officer_named(request.form.get("officer", ""))
    if officer is None or officer == phone.row.officer_name:
        complaint = "officer" if officer is None else "same"
        values = {"complaint": complaint, "officer": request.form.get("officer", "")[:200]}
        return asking.render("hand_over.html", status=422, **values, **_handing(asking, phone))
    made = _found(lambda: phones.hand_over(device, officer, asking.account, asking.settings, asking.now))
    return _sheet(asking, made, officer, sorted(phone.villages), former=phone)


def _handing(asking: Asking, phone: Phone) -> dict[str, Any]:
    return _of_phone(asking, phone) | {"officers": _officers(asking)}


@deed("/devices/<device>/stay", "manage devices")
def keep_officer(asking: Asking, device: str) -> Response:
    _phone(asking, device)
    _found(lambda: phones.stay_with(device, asking.account))
    says = ("Serah terima dibatalkan; kodenya tidak berlaku lagi.", "It stays where it is; the code is void.")
    return asking.done(says, asking.url("device", device=device))


# A new phone ----------------------------------------------------------------------------------------------------------


@desk("/devices/enrol", "manage devices")
def new_code(asking: Asking) -> Response:
    """`village` may be given, as a link from a village's page does."""
    village = request.args.get("village", "")
    return _enrol_page(asking, [village] if is_village(village) and within(village, asking.scope) else [])


@deed("/devices/enrol", "manage devices")
def make_enrolment(asking: Asking) -> Response:
    """Looks for villages, or makes the code, which is told once: so its page comes at once."""
    officer, chosen = request.form.get("officer", "")[:1000], request.form.getlist("villages")[:200]
    if request.form.get("do") == "find":
        return _enrol_page(asking, chosen, officer)
    named = officer_named(officer)
    if named is None or not chosen:
        return _enrol_page(asking, chosen, officer, "officer" if named is None else "villages")
    try:
        made = make_code(named, chosen, asking.settings, asking.now, asking.account)
    except UnknownVillage:
        return _enrol_page(asking, chosen, officer, "villages")
    return _sheet(asking, made, named, sorted(set(chosen)), former=None)


@deed("/devices/codes/void", "manage devices")
def void_code(asking: Asking) -> Response:
    officer, expires_at = (request.form.get(name, "") for name in ("officer", "expires_at"))
    if not all(each.isascii() and each.isdigit() and len(each) <= 15 for each in (officer, expires_at)):
        raise Refusal(problem.NOT_FOUND)
    _found(lambda: phones.void_code(int(officer), int(expires_at), asking.account, asking.now))
    return asking.done(("Kode itu tidak berlaku lagi.", "That code is void."), asking.url("new_code"))


def officer_named(text: str) -> str | None:
    """An officer's name as it is kept; None where it can't be one."""
    plain = " ".join(text.split())
    return plain if plain and len(plain) <= LONGEST_OFFICER and plain.isprintable() else None


def _enrol_page(asking: Asking, chosen: list[str], officer: str = "", complaint: str | None = None) -> Response:
    text = _text("q")
    found = phones.villages_like(asking.scope, text, FEW_VILLAGES + 1)
    chosen = [code for code in dict.fromkeys(chosen) if is_village(code) and within(code, asking.account.region)]
    shown = sorted(set(chosen) | set(found[:FEW_VILLAGES])) if text or len(found) <= FEW_VILLAGES else sorted(chosen)
    above = {code for code in map(parent, shown) if code}
    codes = phones.open_codes(asking.scope, asking.now)
    named = {village for code in codes for village in code.villages}
    names = region_names([*shown, *named, *above, *(code for code in map(parent, above) if code)])
    return asking.render(
        "enrol.html", part="villages", status=422 if complaint else 200, officer=officer, chosen=set(chosen), shown=shown,
        names=names, codes=codes, q=text, is_cut=len(found) > FEW_VILLAGES, above=parent, complaint=complaint,
        officers=_officers(asking),
    )  # fmt: skip


def _officers(asking: Asking) -> list[str]:
    """Names that are known already: who is written the same is the same officer."""
    return sorted({name for _, name, _ in phones.officers_of(asking.scope)})


def _sheet(asking: Asking, made: NewCode, officer: str, villages: list[str], former: Phone | None) -> Response:
    return asking.render(
        "enrolment.html", made=made, officer=officer, villages=villages, names=region_names(villages), former=former,
        qr=qr_of(made.url, asking.t("Kode QR pendaftaran", "Enrolment QR code")), address=made.url.partition("#")[0],
        only_here=urlsplit(made.url).hostname in ONLY_HERE,
    )  # fmt: skip


def qr_of(text: str, title: str) -> Markup:
    """A QR code as a drawing inside the page: it needs no style of its own, and no request."""
    code = segno.make(text, error="m", micro=False)
    return Markup(code.svg_inline(border=2, omitsize=True, svgclass="qr", lineclass=None, title=title))


# The first page -------------------------------------------------------------------------------------------------------


@to_do
def phones_in_trouble(asking: Asking) -> ToDo | None:
    """Phones that have lost work, or may; the silent ones among them are counted apart."""
    if not asking.may("see devices"):
        return None
    counts = phones.counts_in(asking.scope, asking.settings, asking.now)
    count = counts[phones.TROUBLE]
    name = ("HP perlu ditolong", "Phones that need help")
    if not count:
        return ToDo(name, 0, ("Semua HP mengirim seperti biasa.", "All phones send as they should."), asking.url("devices"))
    silent = counts[phones.SILENT] + counts[phones.NEVER]
    says = (f"{silent} di antaranya diam; telepon petugasnya.", f"{silent} of them silent; call their officers.")
    return ToDo(name, count, says, asking.url("devices", state=phones.TROUBLE), urgent=True)


@to_do
def phones_being_handed_over(asking: Asking) -> ToDo | None:
    if not asking.may("manage devices"):
        return None
    count = phones.being_handed_over(asking.scope)
    if not count:
        return None
    says = ("Cabut HP lama kalau sudah kosong.", "Revoke the old phone when it is empty.")
    name = ("HP dalam serah terima", "Phones being handed over")
    return ToDo(name, count, says, asking.url("devices", state=phones.HANDING))
