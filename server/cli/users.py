"""`sambung user add`."""

from __future__ import annotations

import sys

import click

from server.actions.people import LEAST_PASSWORD, CannotAdd, add_user
from server.auth import ROLES
from server.cli.talk import Trouble, installation, say
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
def add(name: str, role: str, region: str) -> None:
    """Tambah orang; kata sandi dari masukan standar / Add somebody; the password comes from standard input."""
    with installation():
        password = read_password()
        try:
            add_user(name, role, region, password, now_ms())
        except CannotAdd as error:
            raise Trouble(*WHY[error.why]) from None
    say(f"{name}: {role}, {region}")


def read_password() -> str:
    """One line; typed twice and unseen where a person sits at the keyboard."""
    if sys.stdin.isatty():
        return str(click.prompt("Kata sandi / Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\r\n")


COMMANDS = (user,)
