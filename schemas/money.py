"""Money: whole rupiah, as integers. There are no sen, and no amount of this programme is a fraction."""

from __future__ import annotations

MAX_RUPIAH = 10**12


def is_rupiah(value: object) -> bool:
    """A whole amount from nothing to `MAX_RUPIAH`; True and False are no amounts."""
    return type(value) is int and 0 <= value <= MAX_RUPIAH


def spoken(amount: int, lang: str = "id") -> str:
    """As people write it: `Rp16.800` in Indonesian, `Rp16,800` in English."""
    text = f"{abs(amount):,}"
    return ("-" if amount < 0 else "") + "Rp" + (text if lang == "en" else text.replace(",", "."))
