"""What can go wrong with a request. Wrong *data* is a `Finding`; a request that cannot be met is one of these."""

from __future__ import annotations

from tilth.core.language import message


class TilthError(Exception):
    """A request that cannot be met. Shown as one clear sentence and a remedy, never as a traceback; exit status 2.

    `code` is a key of the message catalogue, `values` fill its placeholders, so it reads in either language.
    """

    def __init__(self, code: str, /, **values: object) -> None:
        super().__init__(code)
        self.code = code
        self.values = values

    @property
    def said(self) -> str:
        """What is wrong, in the language in use."""
        return message(self.code, **self.values)

    @property
    def remedy(self) -> str:
        """What to do about it, in the language in use; may be empty."""
        return message(self.code, "remedy", **self.values)

    def __str__(self) -> str:
        return " ".join(part for part in (f"{self.code}: {self.said}", self.remedy) if part)


class BadInput(TilthError):
    """A file or a value that cannot be used at all."""


class NeedsAnswer(TilthError):
    """The input leaves open what only the user knows (a missing projection, one of several layers)."""


class NotFound(TilthError):
    """Something named in the request does not exist in the workspace."""
