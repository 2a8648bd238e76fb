"""What a region wants to reach by the end of a year, and how far it is."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from server.actions import settle
from server.actions.succession import RegionRefused
from server.db import reading
from server.store import regions
from server.store.accounts import Account
from server.store.scoping import for_itself


class Progress(NamedTuple):
    """How far a region is with its target of a year. share: of what it wants, 0 to 1 and more; None without one."""

    year: int
    target: dict[str, Any]
    active: int
    rate: float | None
    share: float | None


def progress_of(year: int, target: dict[str, Any], active: int, rate: float | None) -> Progress:
    """active, rate (0 to 1): the region's figures. Of a target that says both, the number of workers is measured."""
    workers, percent = target.get("workers"), target.get("rate")
    share = None
    if workers:
        share = active / workers
    elif percent and rate is not None:
        share = rate / (percent / 100)
    return Progress(year, target, active, rate, share)


def targets_for(codes: Collection[str], year: int) -> dict[str, dict[str, Any]]:
    """Region -> its target of a year."""
    with reading() as connection, for_itself():  # targets say numbers, and are kept where people's records are
        found = regions.targets(connection, [f"target:{code}:{year}" for code in codes])
    return {record.split(":")[1]: said for record, said in found.items()}


def targets_of(code: str) -> dict[int, dict[str, Any]]:
    """Year -> a region's target."""
    with reading() as connection, for_itself():  # as above
        return {int(year): said for year, said in regions.targets_of(connection, code).items()}


def set_target(
    code: str, year: int, seen: Mapping[str, int] | None, fields: Mapping[str, Any], account: Account | None, now: int
) -> str:
    """Set what a region wants to have reached by the end of a year. Raises as `settle.enter`, and RegionRefused."""
    if not fields.get("workers") and not fields.get("rate"):
        raise RegionRefused("workers", (
            "Isi jumlah pekerja atau persen cakupan.", "Write a number of workers, or a percentage of coverage.",
        ))  # fmt: skip
    return settle.enter("target", f"target:{code}:{year}", seen, fields, account, now, act="target")
