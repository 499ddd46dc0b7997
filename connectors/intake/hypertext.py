"""What a mail in HTML says, for who reads it as plain text. Nothing in it is run or fetched.

No parser of the standard: each has forms of HTML that keep it busy for a minute. Here every
character is looked at once; what is built oddly may show a tag too much.
"""

from __future__ import annotations

import html
import re
from typing import Final

#: So much of it is read, in characters.
HTML_MAX: Final = 200_000

_SILENT: Final = frozenset({"head", "script", "style", "template", "title"})
_BREAKS: Final = frozenset(
    [
        "address",
        "article",
        "blockquote",
        "br",
        "dd",
        "div",
        "dl",
        "dt",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "li",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "tr",
        "ul",
    ]
)
_CELLS: Final = frozenset({"td", "th"})
_TAG: Final = re.compile(r"(/?)([a-z][a-z0-9]*)", re.IGNORECASE)
_SPACE: Final = re.compile(r"[ \t\r\n\f\u00a0]+")
#: Stands where a line ends, until white space is made one.
_END: Final = "\x1e"


def text_of_html(text: str) -> str:
    r"""Return the words, a line for each paragraph and row.

    >>> text_of_html("<style>p{}</style><p>Guten&nbsp;Tag,<br>Ihre <b>Mahnung</b></p><!-- x --><p>x</p>")
    'Guten Tag,\nIhre Mahnung\nx'
    """
    first, *pieces = text[:HTML_MAX].replace(_END, " ").split("<")
    said, silent, is_comment = [first], "", False
    for piece in pieces:
        if is_comment or piece.startswith("!--"):
            _, end, words = piece.partition("-->")
            is_comment = not end
            name, is_end = "", False
        else:
            tag, _, words = piece.partition(">")
            match = _TAG.match(tag)
            name, is_end = (match[2].lower(), bool(match[1])) if match else ("", False)
        if silent:
            is_over = (is_end and name == silent) or (silent == "head" and name == "body")
            silent = "" if is_over else silent
        elif name in _SILENT and not is_end:
            silent = name
        if not silent:
            said += (_gap(name), words)
    lines = (_SPACE.sub(" ", one).strip() for one in html.unescape("".join(said)).split(_END))
    return "\n".join(line for line in lines if line)


def _gap(tag: str) -> str:
    return _END if tag in _BREAKS else " " if tag in _CELLS else ""
