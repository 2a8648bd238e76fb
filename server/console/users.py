"""Who may sign in: an administrator's list of accounts, and everybody's own, with his second factor and his sessions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Response, request

from schemas import problem
from schemas.problem import Both
from schemas.region import is_shape, parent
from server import totp
from server.actions import people
from server.actions.enrol import TooManyRefusals
from server.actions.people import CannotAdd, CannotChange, CannotManage, NoSuchAccount, Person
from server.actions.regions import region_names
from server.auth import ROLES
from server.console import door
from server.console.devices import qr_of
from server.console.door import Asking, deed, desk
from server.problems import Refusal
from server.sealing import hash_token

PAGE, FEW = 50, 40

Given = TypeVar("Given")

CANNOT_ADD: dict[str, tuple[str, Both]] = {
    "name": ("name", ("Tulis namanya, paling banyak 100 huruf.", "Write the name, 100 characters at most.")),
    "taken": ("name", ("Nama itu sudah dipakai, atau pernah dipakai. Pilih yang lain.",
                       "That name is in use, or was once. Choose another.")),
    "role": ("role", ("Pilih perannya.", "Choose the role.")),
    "region": ("region", ("Pilih wilayahnya dari daftar.", "Choose the region from the list.")),
    "outside": ("region", ("Wilayah itu di luar wilayah Anda. Pilih yang di dalamnya.",
                           "That region is outside yours. Choose one inside it.")),
}  # fmt: skip
CANNOT_MANAGE: dict[str, Both] = {
    "self": ("Ini akun Anda sendiri. Minta admin lain; kata sandi dan faktor kedua ada di “Akun saya”.",
             "This is your own account. Ask another administrator; password and second factor stand under “My account”."),
    "last": ("Ini admin terakhir untuk wilayahnya. Tambahkan admin lain dulu.",
             "This is the last administrator of that region. Add another one first."),
    "closed": ("Akun ini sudah ditutup. Buat akun baru untuk orang ini.",
               "This account is closed. Make a new one for this person."),
    "role": CANNOT_ADD["role"][1], "region": CANNOT_ADD["region"][1], "outside": CANNOT_ADD["outside"][1],
    "officer": ("Petugas itu tidak ada di wilayah akun ini. Pilih dari daftar.",
                "No such officer is in this account's region. Choose from the list."),
}  # fmt: skip
WHAT_FOR: dict[str, Both] = {
    "officer": ("melihat desanya sendiri, tidak mengubah", "sees his own village, changes nothing"),
    "operator": ("HP petugas, isian berbeda, perbaikan di kecamatan atau kabupatennya",
                 "phones, conflicts and corrections of his district or regency"),
    "staff": ("mencocokkan daftar, orang ganda, unduhan", "reconciles lists, duplicates, exports"),
    "viewer": ("angka saja, tanpa data orang", "sums alone, no people"),
    "auditor": ("melihat semua dan catatan jejak, tidak mengubah", "sees everything and the audit log, changes nothing"),
    "admin": ("pengguna, wilayah, formulir, dan semua di atas", "users, regions, forms, and all of the above"),
}  # fmt: skip


# The list -------------------------------------------------------------------------------------------------------------


@desk("/users", "see administration")
def users(asking: Asking) -> Response:
    role, after = request.args.get("role", ""), request.args.get("after", "")
    are_open = request.args.get("closed") != "1"
    role = role if role in ROLES else ""
    behind = int(after) if after.isascii() and after.isdigit() and len(after) <= 15 else None
    found = people.people_in(asking.scope, are_open, role, "", behind, PAGE, asking.settings, asking.now)
    return asking.render("users.html", found=found, are_open=are_open, role=role, who=None, roles=ROLES)


@deed("/users/find", "see administration")
def find_user(asking: Asking) -> Response:
    who = " ".join(request.form.get("who", "").split())[:100]
    found = people.people_in(asking.scope, True, "", who, None, PAGE, asking.settings, asking.now)
    return asking.render("users.html", found=found._replace(next=None), are_open=True, role="", who=who, roles=ROLES)


# Adding ---------------------------------------------------------------------------------------------------------------


@desk("/users/new", "administer")
def new_user(asking: Asking) -> Response:
    """`like` names a closed account whose owner has come back: he gets a new one, of his old role and region."""
    like = door.whole_number(request.args.get("like"))
    if like is None:
        return _new_page(asking)
    former = _person(asking, like).listed
    return _new_page(asking, name=f"{former.name}2"[:100], role=former.role, region=former.region, former=former.name)


@deed("/users/new", "administer")
def make_user(asking: Asking) -> Response:
    """His first password is made here and told once; he changes it when he first signs in."""
    name, role = " ".join(request.form.get("name", "").split()), request.form.get("role", "")
    region = request.form.get("region", "")
    typed = {"name": name[:200], "role": role, "region": region if is_shape(region) else ""}
    if request.form.get("do") == "find":
        return _new_page(asking, **typed)
    password = people.new_password()
    try:
        if not is_shape(region):
            raise CannotAdd("region")
        number = people.add_user(name, role, region, password, asking.now, must_change=True, by=asking.account)
    except CannotAdd as wrong:
        field, says = CANNOT_ADD[wrong.why]
        return _new_page(asking, **typed, faults={field: asking.t(*says)})
    return asking.render("user_password.html", name=name, number=number, password=password, is_new=True)


def _new_page(asking: Asking, **values: Any) -> Response:
    given = {"name": "", "role": "", "region": "", "former": None, "faults": {}} | values
    status = 422 if given["faults"] else 200
    return asking.render("user_new.html", part="regions", status=status, **given, **_choices(asking, given["region"]))


def _choices(asking: Asking, chosen: str) -> dict[str, Any]:
    """Regions to choose from: by a part of their name, or his own and those just below; and the one that is chosen."""
    text = " ".join(request.values.get("q", "").split())[:100]
    found = {each.code: each.name for each in people.regions_like(asking.scope, text, FEW)}
    if chosen and chosen not in found:
        found = region_names([chosen]) | found
    above = {code: parent(code) for code in found if parent(code) != asking.scope}
    names = region_names([code for code in above.values() if code])
    shown = [(code, name, names.get(above.get(code) or "", "")) for code, name in found.items()]
    return {"shown_regions": shown, "q": text, "roles": ROLES, "what_for": WHAT_FOR}


# One account ----------------------------------------------------------------------------------------------------------


@desk("/users/<int:account>", "see administration")
def user(asking: Asking, account: int) -> Response:
    return _page(asking, account)


def _page(asking: Asking, account: int, fault: Both | None = None) -> Response:
    person = _person(asking, account)
    region = request.form.get("region", "") or person.listed.region
    is_his = asking.may("administer") and person.listed.closed_at is None and person.listed.id != asking.account.id
    text = " ".join(request.form.get("officer_name", "").split())[:100]
    officers = people.officers_near(person.listed.region, text, FEW) if is_his else []
    districts = region_names([district for _, _, district in officers])
    return asking.render(
        "user.html", part="regions" if request.form.get("do") == "find" else None, status=422 if fault else 200,
        person=person, is_his=is_his, fault=asking.t(*fault) if fault else None, officers=officers, districts=districts,
        officer_name=text, role=request.form.get("role", person.listed.role), region=region, faults={},
        sessions=people.sessions(account, asking.now), **_choices(asking, region if is_shape(region) else ""),
    )  # fmt: skip


def _person(asking: Asking, account: int) -> Person:
    try:
        return people.person_in(asking.scope, account, asking.settings, asking.now)
    except NoSuchAccount:
        raise Refusal(problem.NOT_FOUND) from None


def _managing(asking: Asking, account: int, manage: Callable[[], object], says: Both) -> Response:
    """Do it, and say so on the account's page; or say there why not."""
    _person(asking, account)
    try:
        manage()
    except NoSuchAccount:
        raise Refusal(problem.NOT_FOUND) from None
    except CannotManage as wrong:
        return _page(asking, account, CANNOT_MANAGE[wrong.why])
    return asking.done(says, asking.url("user", account=account))


@deed("/users/<int:account>/role", "administer")
def change_role(asking: Asking, account: int) -> Response:
    if request.form.get("do") == "find":
        return _page(asking, account)
    role, region = request.form.get("role", ""), request.form.get("region", "")
    return _managing(
        asking, account, lambda: people.change_role(account, role, region, asking.account),
        ("Peran dan wilayahnya diganti; ia harus masuk lagi.", "Role and region are changed; he must sign in again."),
    )  # fmt: skip


@deed("/users/<int:account>/password", "administer")
def reset_password(asking: Asking, account: int) -> Response:
    person = _person(asking, account)
    try:
        password = people.reset_password(account, asking.account)
    except CannotManage as wrong:
        return _page(asking, account, CANNOT_MANAGE[wrong.why])
    return asking.render("user_password.html", name=person.listed.name, number=account, password=password, is_new=False)


@deed("/users/<int:account>/second-factor", "administer")
def lift_second_factor(asking: Asking, account: int) -> Response:
    return _managing(
        asking, account, lambda: people.lift_second_factor(account, asking.account),
        ("Faktor kedua dimatikan. Minta ia memasangnya lagi.", "The second factor is off. Ask him to set it up again."),
    )  # fmt: skip


@deed("/users/<int:account>/unlock", "administer")
def unlock_user(asking: Asking, account: int) -> Response:
    return _managing(
        asking, account, lambda: people.unlock(account, asking.account),
        ("Kunciannya dibuka; ia boleh mencoba lagi.", "The lock is off; he may try again."),
    )  # fmt: skip


@deed("/users/<int:account>/sessions", "administer")
def end_sessions(asking: Asking, account: int) -> Response:
    return _managing(
        asking, account, lambda: people.end_sessions(account, asking.account),
        ("Ia dikeluarkan dari semua komputer.", "He is signed out everywhere."),
    )  # fmt: skip


@deed("/users/<int:account>/officer", "administer")
def link_officer(asking: Asking, account: int) -> Response:
    """`officer` is a number, `none` for none; without it the officers of a name are looked for."""
    given = request.form.get("officer", "")
    if request.form.get("do") == "find" or not (given == "none" or given.isascii() and given.isdigit()):
        return _page(asking, account)
    officer = None if given == "none" else int(given[:18])
    return _managing(
        asking, account, lambda: people.link_officer(account, officer, asking.account),
        ("Sudah dicatat petugas yang mana dia.", "It is noted which officer he is."),
    )  # fmt: skip


@deed("/users/<int:account>/close", "administer")
def close_user(asking: Asking, account: int) -> Response:
    return _managing(
        asking, account, lambda: people.close_account(account, asking.account, asking.now),
        ("Akun ditutup; ia tidak bisa masuk lagi.", "The account is closed; he can't sign in any more."),
    )  # fmt: skip


# Everybody's own ------------------------------------------------------------------------------------------------------


@desk("/my-account", "own account")
def my_account(asking: Asking) -> Response:
    if asking.account.must_change:
        return door.redirect_to(asking.url("password"))
    return _my_page(asking)


def _my_page(
    asking: Asking, complaint: str | None = None, told: dict[str, Any] | None = None, secret: str | None = None,
    headers: Any = None, status: int = 422,
) -> Response:  # fmt: skip
    values: dict[str, Any] = {}
    if asking.account.sealed_totp is None:
        secret = secret or totp.new_secret()
        address = totp.address_of(secret, asking.account.name)
        values = {"secret": secret, "qr": qr_of(address, asking.t("Kode QR faktor kedua", "Second factor's QR code"))}
    response = asking.render(
        "my_account.html", status=status if complaint or told else 200, complaint=complaint, told=told,
        sessions=people.sessions(asking.account.id, asking.now), this=hash_token(asking.token),
        person=people.person_in_own(asking.account, asking.settings, asking.now), **values,
    )  # fmt: skip
    response.headers.update(headers or {})
    return response


def _own(asking: Asking, do: Callable[[], None], says: Both, secret: str | None = None) -> Response:
    """Something that asks for his password once more."""
    if asking.account.must_change:
        return door.redirect_to(asking.url("password"))
    try:
        do()
    except CannotChange as wrong:
        return _my_page(asking, complaint=wrong.why, secret=secret)
    except Refusal as refusal:
        told = refusal.what.body(asking.lang, **refusal.values)
        return _my_page(asking, told=told, secret=secret, headers=refusal.headers)
    except TooManyRefusals as too_many:
        told = problem.TOO_MANY.body(asking.lang, retry_after=too_many.seconds)
        headers = {"Retry-After": str(too_many.seconds)}
        return _my_page(asking, told=told, secret=secret, headers=headers, status=problem.TOO_MANY.status)
    return asking.done(says, asking.url("my_account"))


@deed("/my-account/second-factor", "own account")
def set_second_factor(asking: Asking) -> Response:
    """It counts from when his phone has shown a right code."""
    secret, code = request.form.get("secret", "")[:64], request.form.get("code", "")[:20]
    password, address = request.form.get("password", "")[:1000], request.remote_addr or ""
    return _own(
        asking,
        lambda: people.set_second_factor(
            asking.account, secret, code, password, address, asking.token, asking.settings, asking.now
        ),
        ("Faktor kedua menyala. Mulai sekarang Anda juga memasukkan kode.",
         "The second factor is on. From now on you bring a code as well."),
        secret if people.is_secret(secret) else None,
    )  # fmt: skip


@deed("/my-account/second-factor/off", "own account")
def drop_second_factor(asking: Asking) -> Response:
    code, password = request.form.get("code", "")[:20], request.form.get("password", "")[:1000]
    address = request.remote_addr or ""
    return _own(
        asking,
        lambda: people.drop_second_factor(asking.account, code, password, address, asking.settings, asking.now),
        ("Faktor kedua dimatikan.", "The second factor is off."),
    )  # fmt: skip


@deed("/my-account/sessions", "own account")
def end_my_sessions(asking: Asking) -> Response:
    if asking.account.must_change:
        return door.redirect_to(asking.url("password"))
    people.end_other_sessions(asking.account, asking.token)
    return asking.done(("Sesi lain sudah berakhir.", "Your other sessions have ended."), asking.url("my_account"))
