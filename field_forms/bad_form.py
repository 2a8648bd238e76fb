"""The refusal of a form."""

from __future__ import annotations


class BadForm(ValueError):
    """The file is no form that can be published; the text says in Indonesian and English what to do."""

    def __init__(self, indonesian: str, english: str) -> None:
        super().__init__(f"{indonesian} / {english}")
        self.says = (indonesian, english)
