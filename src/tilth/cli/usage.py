"""What is wrong with a command line, in the language in use: the parser itself speaks English only."""

from __future__ import annotations

import re

from tilth.core import language, message

#: What the parser says, and the message that says it in Chinese.
_SAID = (
    (r"Missing (?:option|parameter) '(?P<what>[^']+)'.*", "USAGE-MISSING"),
    (r"Missing argument '(?P<what>[^']+)'.*", "USAGE-MISSING-ARGUMENT"),
    (
        r"No such option:? '?(?P<what>--?[\w-]+)'?\.?"
        r"(?: \(Possible options?: (?P<near>[^)]+)\)| Did you mean (?P<or>.+)\?)?",
        "USAGE-OPTION",
    ),
    (r"No such command '(?P<what>[^']+)'\.(?: Did you mean (?P<near>.+)\?)?", "USAGE-COMMAND"),
    (r"Invalid value for '(?P<what>[^']+)': .*", "USAGE-VALUE"),
    (r"Got unexpected extra arguments?(?:\(s\))? \((?P<what>[^)]+)\)", "USAGE-EXTRA"),
    (r"Option '(?P<what>[^']+)' requires an argument\.", "USAGE-NO-VALUE"),
)  # fmt: skip


def said_of(text: str) -> str:
    """A sentence of the parser in the language in use; as it is, where there is no other.

    >>> from tilth.core import speaking
    >>> with speaking("zh"): print(said_of("Missing option '--year'."))
    缺少选项 --year
    """
    if language() == "en":
        return text
    for pattern, key in _SAID:
        found = re.fullmatch(pattern, text, re.DOTALL)
        if found:
            told = found.groupdict()
            near = told.get("near") or told.get("or")
            more = message("USAGE-NEAR", near=near.replace("'", "")) if near else ""
            return message(key, what=told["what"]) + more
    return text
