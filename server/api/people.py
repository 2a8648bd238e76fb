"""`/api/v1/login`, `/logout` and `/me`: people sign in for a token of their own; anybody may ask who he is."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from flask import Response

from schemas import problem
from schemas.change import from_ms
from server import auth
from server.actions.regions import region_names
from server.actions.whose import epoch_now, officer_of
from server.api import door, messages
from server.api.routes import call
from server.clock import now_ms
from server.store.accounts import Account
from server.store.devices import Device

APP_VERSION = version("sambung-desa")


@call(
    "POST", "/login",
    ("Masuk dengan nama dan kata sandi; jawabannya sebuah token.", "Sign in with name and password, for a token."),
    who="anyone", body=messages.Login(), answers=messages.LoggedIn(),
    problems=(
        problem.LOGIN_REFUSED, problem.SECOND_FACTOR_NEEDED, problem.PASSWORD_TO_CHANGE, problem.TOO_MANY, problem.INVALID,
    ),
)  # fmt: skip
def login() -> Response:
    asked = door.load(messages.Login())
    signed = auth.login(
        asked["name"], asked["password"], asked.get("code"), door.address(), door.settings(), now_ms()
    )  # fmt: skip
    return door.answer({
        "token": signed.token, "role": signed.account.role, "region": signed.account.region,
        "expires": from_ms(signed.expires_at),
    })  # fmt: skip


@call(
    "POST", "/logout", ("Keluar: token ini tidak berlaku lagi.", "Sign out: this token ends."),
    who="person", status=204, problems=(problem.FORBIDDEN,),
)  # fmt: skip
def logout() -> Response:
    door.person("sign out")
    auth.logout(door.bearer() or "")
    return Response(status=204)


@call(
    "GET", "/me",
    ("Milik siapa token ini, dan versi aplikasi terbaru.", "Whose token this is, and the newest app version."),
    who="device or person", answers=messages.Me(),
)  # fmt: skip
def me() -> Response:
    known = door.who()
    told = _device(known) if isinstance(known, Device) else _person(known)
    return door.answer(told | {"server_time": from_ms(now_ms()), "epoch": epoch_now(), "app": APP_VERSION})


def _device(device: Device) -> dict[str, Any]:
    officer, names = officer_of(device), region_names(list(device.villages))
    return {
        "device": device.id,
        "officer": officer._asdict() if officer else None,
        "role": auth.OFFICER,
        "villages": [{"code": code, "name": names.get(code, code)} for code in device.villages],
    }


def _person(account: Account) -> dict[str, Any]:
    return {"user": account.name, "officer": None, "role": account.role, "region": account.region}
