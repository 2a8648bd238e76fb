"""The lists of choices that no sheet holds."""

from __future__ import annotations

import re
from typing import Any

from schemas.occupations import OCCUPATIONS, Occupation

_WORD = re.compile(r"\w+")

DYNAMIC = {
    "villages": frozenset({"value", "label"}),
    "regions": frozenset({"value", "label"}),
    "workers": frozenset(
        {"value", "label", "nik", "village", "occupation", "sector", "monthly_income", "programs", "funding"}
    ),
}
"""What the phone fills: its villages, all villages of the province, the workers on it; each with its columns."""


def occupation_choices() -> list[dict[str, Any]]:
    """`schemas/occupations.toml` as a list of choices.

    heading: the name of its group. words: by what else people find it.
    """
    return [
        {
            "value": job.code,
            "label": {"id": job.id, "en": job.en},
            "group": job.group.code,
            "heading": {"id": job.group.id, "en": job.group.en},
            "sector": job.sector,
            "words": " ".join(_further_words(job)),
        }
        for job in OCCUPATIONS.values()
    ]


def _further_words(job: Occupation) -> list[str]:
    """What else people call it, word by word, without those by which it is found already: a search goes by how words begin.

    The list is half of the form on the wire, and these words half of the list.
    """
    told = _WORD.findall(f"{job.id} {job.en} {job.group.id} {job.group.en}".lower())
    further: list[str] = []
    for word in sorted(_WORD.findall(" ".join(job.words)), key=len, reverse=True):
        if not any(known.startswith(word) for known in (*told, *further)):
            further.append(word)
    return further
