"""The time that a change counts for, though phones have wrong clocks (protocol section 4). All in milliseconds."""

from __future__ import annotations

TOLERANCE_MS = 2 * 60 * 1000
"""A request may be this long on its way; a smaller difference says nothing about the phone's clock."""


def measure_offset(sent_at: int | None, arrived_at: int, last_measured: int) -> int:
    """What to add to the device's clock, measured where device and server meet directly.

    Without `sent_at` nothing is measured and the offset last measured holds.
    """
    if sent_at is None:
        return last_measured
    offset = arrived_at - sent_at
    return offset if abs(offset) > TOLERANCE_MS else 0


def effective(at: int, offset: int, received_at: int, previous: int) -> int:
    """`at` by the repaired clock: not after its receipt, not before that of the device's change before it."""
    return min(max(at + offset, previous, 0), received_at)
