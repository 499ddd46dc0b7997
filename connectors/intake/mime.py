"""A mail as it was received, taken apart strictly (RFC 5322, RFC 2045 to 2047).

What two programs could read differently is not guessed: a mail with a broken or doubled
structure gives no files at all but a sentence that says why, and a person looks at it. Size,
header, depth and number of parts are bounded before anything is parsed.
"""

from __future__ import annotations

import email.message
import email.parser
import email.policy
import email.utils
import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

from laufzettel.connectors.intake.hypertext import HTML_MAX, text_of_html
from laufzettel.connectors.intake.port import shown, visible
from laufzettel.spool import Content, portions_of, sha256_of

T = TypeVar("T")
R = TypeVar("R")

#: Bounds; what is beyond them gives no files. A header field of more is an attack on parsers.
HEADER_MAX: Final = 256 * 1024
FIELD_MAX: Final = 16 * 1024
BOUNDARIES_MAX: Final = 60
PARTS_MAX: Final = 200
DEPTH_MAX: Final = 12
#: What a person is shown of the text, in characters.
TEXT_MAX: Final = 4_000

#: Fields of which a second one would let two programs see two mails (RFC 5322 section 3.6).
_ONCE: Final = ("From", "Message-ID", "Content-Type", "Content-Transfer-Encoding", "MIME-Version")
#: Encodings that RFC 2045 section 6.1 knows.
_ENCODINGS: Final = frozenset({"7bit", "8bit", "binary", "quoted-printable", "base64"})
_BLANK_LINE: Final = re.compile(rb"\r?\n\r?\n")
_BOUNDARY: Final = b"boundary="
_FOLDED: Final = re.compile(rb"\r?\n(?![ \t])")
_ROBOTS: Final = re.compile(
    r"(mailer-daemon|postmaster|no-?reply|do-?not-?reply|bounces?)([+.=_-].*)?", re.IGNORECASE
)
_ENCRYPTED: Final = frozenset(
    {"application/pkcs7-mime", "application/x-pkcs7-mime", "multipart/encrypted"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A file in a mail."""

    name: str
    media_type: str  # as declared; nobody decides by it
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """What a mail says, as far as it could be read without guessing."""

    digest: str  # of Message-ID, sender, date, subject and content: the same mail again has it too
    message_id: str = ""
    sender: str = ""  # the address alone
    sender_name: str = ""
    subject: str = ""
    text: str = ""  # the beginning of the plain text
    parts: tuple[Part, ...] = ()
    is_automatic: bool = False  # from a machine: it must not be answered (RFC 3834 section 2)
    problem: str = ""  # German; set where nothing may be taken from the mail


class _UnclearError(Exception):
    """A German sentence that says why nothing is taken from the mail."""


@dataclass(frozen=True, slots=True)
class _Survey:
    """What is seen of a mail without taking it apart, and without holding more than its header."""

    header: bytes
    is_too_long: bool
    boundaries: int
    body_sha256: str  # without the header, all of it where there is no blank line


def read_mail(raw: Content) -> Mail:
    r"""Return the mail; bad input never raises.

    >>> mail = read_mail(b"From: a@example.org\r\nSubject: R\r\n\r\nGuten Tag")
    >>> mail.sender, mail.subject, mail.text, mail.parts
    ('a@example.org', 'R', 'Guten Tag', ())
    >>> read_mail(b"From: a@b.de\nFrom: c@d.de\n\nx").problem
    'Die Kopfzeile „From“ steht mehrmals darin.'
    """
    try:
        parsed, head = _strictly(_parse, raw)
    except _UnclearError as why:
        return Mail(digest=_digest(sha256_of(raw)), problem=str(why))
    try:
        return replace(head, **_strictly(_contents, parsed))
    except _UnclearError as why:
        return replace(head, problem=str(why))


def _strictly(read: Callable[[T], R], given: T) -> R:
    """Return what is read; whatever the library makes of hostile mails is _UnclearError."""
    try:
        return read(given)
    except _UnclearError:
        raise
    except Exception as error:  # RecursionError, LookupError, IndexError … of hostile headers
        raise _UnclearError(_UNREADABLE) from error


_UNREADABLE: Final = "Die Mail ist nicht nach den Regeln für E-Mail aufgebaut (RFC 5322)."


def _parse(raw: Content) -> tuple[email.message.Message, Mail]:
    """Return the parsed mail and what its header says."""
    seen = _survey(raw)
    _check(seen)
    # Portion by portion, line ends as they came: of an attachment in 8bit they are content.
    parser = email.parser.BytesFeedParser(policy=email.policy.default)
    for portion in portions_of(raw):
        parser.feed(portion)
    parsed = parser.close()
    name, sender = _sender(parsed)
    message_id, subject = _message_id(parsed), _line(parsed, "Subject")
    head = Mail(
        digest=_digest(seen.body_sha256, message_id, sender, subject, _field(parsed, "Date")),
        message_id=message_id,
        sender=sender,
        sender_name=name,
        subject=subject,
        is_automatic=_is_automatic(parsed, sender),
    )
    return parsed, head


def _contents(parsed: email.message.Message) -> dict[str, Any]:
    leaves = list(_leaves(parsed))
    parts = tuple(part for leaf in leaves if (part := _file(leaf)) is not None)
    return {"parts": parts, "text": _text(leaves)}


def _survey(raw: Content) -> _Survey:
    """Read the mail once, a portion at a time."""
    header, end = b"", None
    boundaries, tail, body = 0, b"", hashlib.sha256()
    for portion in portions_of(raw):
        window = tail + portion.lower()
        boundaries += window.count(_BOUNDARY)
        tail = window[1 - len(_BOUNDARY) :]  # too short to hold one that was counted
        if end is None and len(header) <= HEADER_MAX:
            header += portion
            end = _BLANK_LINE.search(header)
            if end is not None:
                body.update(header[end.end() :])
                header = header[: end.start()]
        else:
            body.update(portion)
    return _Survey(
        header=header,
        is_too_long=len(header) > HEADER_MAX,
        boundaries=boundaries,
        body_sha256=body.hexdigest() if end is not None else sha256_of(raw),
    )


def _check(seen: _Survey) -> None:
    """Raise where the mail is built to keep a parser busy."""
    fields = _FOLDED.split(seen.header)
    if seen.is_too_long or any(len(one) > FIELD_MAX for one in fields):
        raise _UnclearError("Die Kopfzeilen der Mail sind zu lang.")
    if seen.boundaries > BOUNDARIES_MAX:
        raise _UnclearError("Die Mail ist zu tief verschachtelt.")


def _digest(content: str, *head: str) -> str:
    """Return what two deliveries of one mail share: not the Received fields in front."""
    return hashlib.sha256("\0".join((*head, content)).encode()).hexdigest()


def _field(parsed: email.message.Message, name: str) -> str:
    return str(parsed[name] or "")


def _line(parsed: email.message.Message, name: str) -> str:
    """Return the field as one visible line, empty where there is none."""
    text = _field(parsed, name).strip()
    return shown(text) if text else ""


def _message_id(parsed: email.message.Message) -> str:
    """Return the Message-ID; one that the library cannot parse names the mail all the same."""
    try:
        return _line(parsed, "Message-ID")
    except Exception:  # noqa: BLE001 - IndexError and others, of „<[1]@host>“
        named = [value for name, value in parsed.raw_items() if name.lower() == "message-id"]
        return shown("".join(str(named[0]).split()))


def _sender(parsed: email.message.Message) -> tuple[str, str]:
    """Return name and address; the address is empty where there is not exactly one."""
    found = email.utils.getaddresses([_field(parsed, "From")])
    if len(found) != 1 or not re.fullmatch(r"[^\s<>@\"]{1,64}@[^\s<>@\"]{1,190}", found[0][1]):
        return "", ""
    name, address = found[0]
    return (shown(name) if name else ""), shown(address)


def _is_automatic(parsed: email.message.Message, sender: str) -> bool:
    """Say whether a machine wrote the mail (RFC 3834 section 2, RFC 5321 section 4.5.5)."""
    submitted = _field(parsed, "Auto-Submitted").strip().lower() or "no"
    precedence = _field(parsed, "Precedence").strip().lower()
    return (
        not submitted.startswith("no")
        or precedence in {"bulk", "list", "junk"}
        or _field(parsed, "Return-Path").strip() == "<>"
        or bool(parsed["List-Id"] or parsed["X-Auto-Response-Suppress"])
        or parsed.get_content_type() == "multipart/report"
        or bool(_ROBOTS.fullmatch(sender.partition("@")[0]))
        or not sender
    )


def _leaves(parsed: email.message.Message) -> Iterator[email.message.Message]:
    """Yield the parts that hold something, in order; raise for a structure that is unclear."""
    number = 0
    waiting = [(parsed, 0)]
    while waiting:
        part, depth = waiting.pop()
        number += 1
        if number > PARTS_MAX or depth > DEPTH_MAX:
            raise _UnclearError("Die Mail hat zu viele oder zu tief verschachtelte Teile.")
        _check_part(part)
        if part.is_multipart():
            children = [(one, depth + 1) for one in part.get_payload()]
            waiting.extend(reversed(children))  # type: ignore[arg-type]
        else:
            yield part


def _check_part(part: email.message.Message) -> None:
    names = [name.lower() for name, _ in part.raw_items()]
    for name in _ONCE:
        if names.count(name.lower()) > 1:
            raise _UnclearError(f"Die Kopfzeile „{name}“ steht mehrmals darin.")
    if part.get_content_type() in _ENCRYPTED:
        raise _UnclearError("Die Mail ist verschlüsselt.")
    if part.get_content_type() == "message/partial":
        raise _UnclearError("Die Mail ist nur ein Teil einer zerlegten Mail.")
    encoding = _field(part, "Content-Transfer-Encoding").strip().lower() or "7bit"
    if encoding not in _ENCODINGS:
        raise _UnclearError("Ein Teil der Mail ist auf unbekannte Weise kodiert.")
    if part.defects:
        raise _UnclearError("Die Mail ist beschädigt oder unvollständig.")


def _file(part: email.message.Message) -> Part | None:
    """Return the part as a file; None for the text of the mail itself."""
    media_type = part.get_content_type()
    name = part.get_filename("")
    is_text = media_type in {"text/plain", "text/html"} and not name
    if is_text and part.get_content_disposition() != "attachment":
        return None
    data = part.get_payload(decode=True)
    if part.defects or not isinstance(data, bytes):  # decoding has found them
        raise _UnclearError("Ein Anhang der Mail ist beschädigt.")
    if not is_text and media_type != "text/plain":
        part.set_payload("")  # nobody reads it again: not twice in memory
    return Part(name=shown(name) if name else "", media_type=shown(media_type), data=data)


def _text(leaves: list[email.message.Message]) -> str:
    """Return the beginning of the first plain text; where there is none, of what HTML says."""
    for media_type, read in (("text/plain", str), ("text/html", text_of_html)):
        for part in leaves:
            if part.get_content_type() == media_type and not part.get_filename():
                text = _lines(read(_decoded(part)))
                if text:
                    return text
    return ""


def _decoded(part: email.message.Message) -> str:
    """Return the beginning; a character set that nobody knows costs letters, not the mail."""
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes):
        return ""
    begin = data[: 4 * TEXT_MAX + HTML_MAX]
    try:
        return begin.decode(part.get_content_charset("utf-8"), "replace")
    except (LookupError, UnicodeError, ValueError):
        return begin.decode("utf-8", "replace")


def _lines(text: str) -> str:
    lines = (visible(line) for line in text[:TEXT_MAX].splitlines())
    return "\n".join(lines).strip()
