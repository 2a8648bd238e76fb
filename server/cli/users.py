"""`sambung user`: who may sign in, for the administrator at the machine, who is bound to no region."""

from __future__ import annotations

import sys

import click

from schemas.change import from_ms
from server.actions import people
from server.actions.people import LEAST_PASSWORD, CannotAdd, add_user
from server.auth import ROLES
from server.cli.talk import Trouble, as_json, installation, say, say_json, say_rows
from server.clock import now_ms

WHY = {
    "name": ("Nama kosong atau terlalu panjang; tulis paling banyak 100 huruf.",
             "The name is empty or too long; write at most 100 characters."),
    "password": (f"Kata sandi terlalu pendek; pakai sedikitnya {LEAST_PASSWORD} huruf.",
                 f"The password is too short; use at least {LEAST_PASSWORD} characters."),
    "region": ("Wilayah itu tidak ada; periksa kodenya, misalnya 64.02, atau id untuk seluruh negeri.",
               "There is no such region; check its code, such as 64.02, or id for the nation."),
    "taken": ("Nama itu sudah dipakai; pilih nama lain.", "That name is taken; choose another."),
}  # fmt: skip


@click.group("user")
def user() -> None:
    """Orang yang boleh masuk / People who may sign in."""


@user.command("add")
@click.argument("name")
@click.option("--role", required=True, type=click.Choice(ROLES))
@click.option("--region", required=True, metavar="CODE", help="Wilayahnya; id: nasional. / id: the nation.")
@click.option("--must-change", is_flag=True, help="Ia menggantinya saat masuk. / He changes it when he signs in.")
def add(name: str, role: str, region: str, must_change: bool) -> None:
    """Tambah orang; kata sandi dari masukan standar / Add somebody; the password comes from standard input."""
    with installation():
        password = read_password()
        try:
            add_user(name, role, region, password, now_ms(), must_change=must_change)
        except CannotAdd as error:
            raise Trouble(*WHY[error.why]) from None
    say(f"{name}: {role}, {region}")


def read_password() -> str:
    """One line; typed twice and unseen where a person sits at the keyboard."""
    if sys.stdin.isatty():
        return str(click.prompt("Kata sandi / Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\r\n")


@user.command("list")
@as_json
def list_users(json: bool) -> None:
    """Siapa yang boleh masuk / Who may sign in, and who could once."""
    with installation():
        rows = [
            {
                "name": each.name, "role": each.role, "region": each.region, "last_sign_in": _time(each.seen_at),
                "second_factor": each.has_second_factor, "must_change": each.must_change, "officer": each.officer_name,
                "closed": _time(each.closed_at),
            }
            for each in people.everybody()
        ]  # fmt: skip
    if json:
        say_json(rows)
    else:
        say_rows(rows, "name", "role", "region", "last_sign_in", "second_factor", "closed")


def _time(moment: int | None) -> str | None:
    return None if moment is None else from_ms(moment)


@user.command("close")
@click.argument("name")
def close(name: str) -> None:
    """Ia tidak bisa masuk lagi / He can't sign in any more; what he did stays."""
    with installation():
        people.close_account(_number(name), None, now_ms())
    say(f"{name}: ditutup / closed")


@user.command("reset")
@click.argument("name")
def reset(name: str) -> None:
    """Kata sandi baru, tampil sekali / A new password, told once; he changes it when he signs in."""
    with installation():
        password = people.reset_password(_number(name), None)
    say(f"{name}: {password}")


@user.command("no-second-factor")
@click.argument("name")
def no_second_factor(name: str) -> None:
    """Untuk yang kehilangan HP autentikatornya / For who lost his authenticator."""
    with installation():
        people.lift_second_factor(_number(name), None)
    say(f"{name}: tanpa faktor kedua / no second factor")


def _number(name: str) -> int:
    number = people.named(name)
    if number is None:
        raise Trouble(f"Tidak ada pengguna {name}, atau sudah ditutup; lihat: sambung user list.",
                      f"There is no user {name}, or it was closed; see: sambung user list.")  # fmt: skip
    return number


COMMANDS = (user,)
