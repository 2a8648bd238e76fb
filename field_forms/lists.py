"""The lists of choices that no sheet holds."""

from __future__ import annotations

from typing import Any

from schemas.occupations import OCCUPATIONS

DYNAMIC = {
    "villages": frozenset({"value", "label"}),
    "regions": frozenset({"value", "label"}),
    "workers": frozenset(
        {"value", "label", "nik", "village", "occupation", "sector", "monthly_income", "programs", "funding"}
    ),
}
"""What the phone fills: its villages, all villages of the province, the workers on it; each with its columns."""


def occupation_choices() -> list[dict[str, Any]]:
    """`schemas/occupations.toml` as a list of choices; `words` are what else people call the job.

    heading: the name of its group.
    """
    return [
        {
            "value": job.code,
            "label": {"id": job.id, "en": job.en},
            "group": job.group.code,
            "heading": {"id": job.group.id, "en": job.group.en},
            "sector": job.sector,
            "words": ", ".join(job.words),
        }
        for job in OCCUPATIONS.values()
    ]
