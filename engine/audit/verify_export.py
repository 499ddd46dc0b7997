"""Verify an audit export with nothing but Python's standard library.

    python verify_export.py export.jsonl [seals.jsonl ...]

Reads the export of one tenant, computes every digest, hash and seal anew, and prints in
German what does not fit, naming stream and number. The further files are seals exported
earlier and kept elsewhere: with them it also finds that a whole chain was cut off or made
anew. Ends with 0 when everything fits, with 1 when something does not, with 2 when a file
cannot be read.

What is hashed (JSON always canonical as in RFC 8785, hashes and salts as their bytes):

    text digest   SHA-256(salt + text)
    event hash    SHA-256(hash of the event before + {actor, at, data, kind, seq, stream});
                  before the first: SHA-256({stream, tenant})
    leaf          SHA-256(0x00 + {hash, seq, stream});  node  SHA-256(0x01 + left + right)
    seal hash     SHA-256(hash of the seal before + {at, number, root, tenant});
                  before the first: SHA-256({tenant})
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_sha256 = hashlib.sha256
_HEX: Final = re.compile(r"(?:[0-9a-f]{2})*")
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One place where the records do not fit."""

    text: str  # a German sentence that names stream and number
    stream: str = ""  # empty when it concerns a seal or the file
    number: int = 0  # of the event, else of the seal, else of the line


@dataclass(slots=True, kw_only=True)
class Report:
    """What a verification counted and found; only ``findings`` is bad."""

    tenant: str
    streams: int = 0
    events: int = 0
    texts: int = 0
    seals: int = 0
    unsealed: int = 0  # events that no seal covers yet
    findings: list[Finding] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)  # contents erased after their term

    @property
    def is_sound(self) -> bool:
        """Whether everything fits."""
        return not self.findings


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode


def canonical(value: Any) -> str:
    """Return the value as RFC 8785 writes it (strings, whole numbers, lists, objects)."""
    text = _encode(value)
    return text if text.isascii() else _by_utf16(value)


def _by_utf16(value: Any) -> str:
    """Return the value with keys in the order of UTF-16 units, not of code points."""
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be", "surrogatepass"))
        return "{" + ",".join(f"{_text(key)}:{_by_utf16(value[key])}" for key in keys) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_by_utf16, value)) + "]"
    return _encode(value)


_text = json.encoder.encode_basestring


def _day(at: str) -> str:
    """Return the day in Germany, where this system knows its time zone."""
    try:
        return datetime.fromisoformat(at).astimezone(ZoneInfo("Europe/Berlin")).strftime("%d.%m.%Y")
    except (ZoneInfoNotFoundError, ValueError):
        return at


class Stream:
    """The verification of one stream: head, then events, then texts, then seal entries."""

    def __init__(self, tenant: str, name: str, report: Report) -> None:
        self.name = name
        self._report = report
        self._hashes: dict[int, bytes] = {}
        self._last = 0
        self._previous: bytes | None = _sha256(
            canonical({"stream": name, "tenant": tenant}).encode()
        ).digest()
        self._digests: dict[tuple[int, str], Any] = {}
        self._head: tuple[int, bytes, int] | None = None
        self._sealed = 0
        self._place: tuple[int, int, str] | None = None  # of the last text or seal entry
        self._tail = f',"stream":{_text(name)}}}'

    def complain(self, number: int, text: str) -> None:
        """Add a finding of this stream."""
        where = f"Strom „{self.name}“" + (f", Ereignis {number}" if number else "")
        self._report.findings.append(
            Finding(text=f"{where}: {text}", stream=self.name, number=number)
        )

    def head(self, seq: int, digest: bytes, sealed_seq: int) -> None:
        """Take where the stream says that it ends."""
        if self._head is not None or self._last or self._place:
            self.complain(0, "Der Kopf steht doppelt oder nicht am Anfang.")
        self._head = (seq, digest, sealed_seq)

    def event(self, seq: int, at: str, kind: str, actor: str, data: str, digest: bytes) -> None:
        """Check that the event follows the one before and is unchanged."""
        if seq != self._last + 1 or self._place:
            self._gap(seq)
        if self._previous is not None:
            text = (
                f'{{"actor":{_text(actor)},"at":"{at}","data":{data}'
                f',"kind":{_text(kind)},"seq":{seq}{self._tail}'
            )
            if _sha256(self._previous + text.encode("utf-8", "replace")).digest() != digest:
                self.complain(seq, "verändert oder vertauscht; es passt nicht zu seiner Prüfsumme.")
        self._last, self._previous = max(seq, self._last), digest
        self._hashes[seq] = digest
        self._report.events += 1
        if '"digests":' in data:
            self._take_digests(seq, data)

    def _gap(self, seq: int) -> None:
        """Report what is missing before ``seq``; what follows is checked from there on."""
        if seq <= self._last or self._place:
            self.complain(seq, "doppelt oder in falscher Reihenfolge.")
        elif seq == self._last + 2:
            self.complain(self._last + 1, "fehlt.")
        else:
            self.complain(self._last + 1, f"fehlt, ebenso alle bis {seq - 1}.")
        self._previous = None

    def _take_digests(self, seq: int, data: str) -> None:
        try:
            digests = json.loads(data).get("digests")
        except (ValueError, AttributeError):
            return  # changed data: the hash has already said so
        for name, digest in (digests if isinstance(digests, dict) else {}).items():
            self._digests[seq, name] = digest

    def text(
        self, seq: int, name: str, salt: bytes | None, text: str | None, erased_at: str | None
    ) -> None:
        """Check a text against its digest in the chain, or note that it was erased."""
        self._report.texts += 1
        self._in_order(seq, (0, seq, name))
        digest = self._digests.pop((seq, name), None)
        if digest is None:
            self.complain(seq, f"Der Inhalt „{name}“ gehört zu keinem Ereignis.")
        elif erased_at is not None and text is None and salt is None:
            self._report.notices.append(
                f"Strom „{self.name}“, Ereignis {seq}: Inhalt „{name}“ am {_day(erased_at)}"
                " nach Frist gelöscht."
            )
        elif erased_at is not None or text is None or salt is None:
            self.complain(seq, f"Der Inhalt „{name}“ fehlt, ohne dass er gelöscht wurde.")
        elif _sha256(salt + text.encode("utf-8", "replace")).hexdigest() != digest:
            self.complain(seq, f"Der Inhalt „{name}“ ist verändert.")

    def entry(self, number: int, seq: int, digest: bytes) -> None:
        """Check what a seal says about this stream."""
        self._in_order(seq, (1, number, ""))
        self._sealed = max(self._sealed, seq)
        if seq not in self._hashes:
            self.complain(seq, f"fehlt, obwohl Siegel {number} es bezeugt.")
        elif self._hashes[seq] != digest:
            self.complain(seq, f"Siegel {number} bezeugt hier ein anderes Ereignis.")

    def _in_order(self, seq: int, place: tuple[int, int, str]) -> None:
        if self._place is not None and place <= self._place:
            self.complain(seq, "Inhalte oder Siegel stehen doppelt oder in falscher Reihenfolge.")
        self._place = place

    def finish(self) -> None:
        """Check the end of the stream against its head."""
        for seq, name in self._digests:
            self.complain(seq, f"Der Inhalt „{name}“ fehlt.")
        if self._head is None:
            self.complain(0, "Der Kopf fehlt.")
            return
        seq, digest, sealed_seq = self._head
        if seq > self._last:
            until = f"bis {seq} " if seq > self._last + 1 else ""
            self.complain(self._last + 1, f"Das Ende fehlt ({until}laut Kopf).")
        elif seq < self._last or self._hashes.get(seq) != digest:
            self.complain(seq, "Der Kopf des Stroms nennt ein anderes Ende.")
        if sealed_seq != self._sealed:
            self.complain(sealed_seq, "Der Kopf nennt ein anderes letztes Siegel als die Siegel.")
        self._report.unsealed += max(0, self._last - self._sealed)


class Verifier:
    """The verification of one tenant: streams in the order of their names, then seals.

    ``anchors`` are number and hash of seals that were exported earlier.
    """

    def __init__(self, tenant: str, anchors: Mapping[int, bytes] | None = None) -> None:
        self.report = Report(tenant=tenant)
        self._tenant = tenant
        self._anchors = dict(anchors or {})
        self._stream: Stream | None = None
        self._leaves: dict[int, list[bytes]] = {}
        self._erased: dict[tuple[str, int, str], str] = {}
        self._erasures: dict[tuple[str, int, str], str] = {}
        self._last = 0
        self._previous: bytes | None = _sha256(canonical({"tenant": tenant}).encode()).digest()

    def stream(self, stream: str, seq: int, hash: bytes, sealed_seq: int) -> None:
        """Take the head of a stream."""
        self._of(stream).head(seq, hash, sealed_seq)

    def event(
        self, stream: str, seq: int, at: str, kind: str, actor: str, data: str, hash: bytes
    ) -> None:
        """Take an event; ``data`` is the canonical JSON that was hashed."""
        self._of(stream).event(seq, at, kind, actor, data, hash)
        if stream == "erasure" and kind == "text.erased":
            self._take_erasure(at, data)

    def text(
        self, stream: str, seq: int, name: str, salt: Any, text: str | None, erased_at: str | None
    ) -> None:
        """Take a text that lies beside an event."""
        self._of(stream).text(seq, name, salt, text, erased_at)
        if erased_at is not None:
            self._erased[stream, seq, name] = erased_at

    def entry(self, stream: str, number: int, seq: int, hash: bytes) -> None:
        """Take what seal ``number`` says about a stream."""
        self._of(stream).entry(number, seq, hash)
        leaf = canonical({"hash": hash.hex(), "seq": seq, "stream": stream})
        self._leaves.setdefault(number, []).append(_sha256(b"\0" + leaf.encode()).digest())

    def seal(self, number: int, at: str, root: bytes, previous: bytes, hash: bytes) -> None:
        """Check that the seal follows the one before and covers its entries."""
        self.report.seals += 1
        if number != self._last + 1:
            self._complain(self._last + 1, "fehlt oder steht an falscher Stelle.")
        elif previous != self._previous:
            self._complain(number, "passt nicht zum Siegel davor.")
        values = {"at": at, "number": number, "root": root.hex(), "tenant": self._tenant}
        if _sha256(previous + canonical(values).encode()).digest() != hash:
            self._complain(number, "verändert; es passt nicht zu seiner Prüfsumme.")
        if merkle_root(self._leaves.pop(number, [])) != root:
            self._complain(number, "Die Einträge sind nicht die gesiegelten.")
        if self._anchors.pop(number, hash) != hash:
            self._complain(number, "Früher wurde hier ein anderes Siegel ausgegeben.")
        self._last, self._previous = number, hash

    def finish(self) -> Report:
        """Check what only shows at the end, and return the report."""
        self._close_stream()
        for number in sorted(self._leaves.keys() | self._anchors.keys()):
            known = "" if number in self._leaves else ", obwohl es früher ausgegeben wurde"
            self._complain(number, f"fehlt{known}.")
        for key in sorted(self._erased.keys() | self._erasures.keys()):
            if self._erased.get(key) != self._erasures.get(key):
                text = f"Die Löschung von „{key[2]}“ ist nicht im Strom „erasure“ eingetragen."
                Stream(self._tenant, key[0], self.report).complain(key[1], text)
        return self.report

    def _of(self, name: str) -> Stream:
        if self._last:
            raise ValueError("a stream behind the first seal")
        stream = self._stream
        if stream is not None and stream.name == name:
            return stream
        self._close_stream()
        self._stream = new = Stream(self._tenant, name, self.report)
        self.report.streams += 1
        if stream is not None and name < stream.name:
            new.complain(0, "steht nicht in der Reihenfolge der Namen.")
        return new

    def _close_stream(self) -> None:
        if self._stream is not None:
            self._stream.finish()

    def _complain(self, number: int, text: str) -> None:
        self.report.findings.append(Finding(text=f"Siegel {number}: {text}", number=number))

    def _take_erasure(self, at: str, data: str) -> None:
        try:
            values = json.loads(data)
            keys = [(values["stream"], values["seq"], name) for name in values["fields"]]
        except (ValueError, KeyError, TypeError):
            return  # changed data: the hash has already said so
        self._erasures.update(dict.fromkeys(keys, at))


def merkle_root(leaves: list[bytes]) -> bytes:
    """Return the Merkle root over leaf hashes; of none, no bytes."""
    while len(leaves) > 1:
        pairs = [leaves[i : i + 2] for i in range(0, len(leaves), 2)]
        leaves = [_sha256(b"\1" + b"".join(p)).digest() if len(p) > 1 else p[0] for p in pairs]
    return leaves[0] if leaves else b""


def _refuse(number: str) -> None:
    raise ValueError(f"{number} is no whole number")


_decode = json.JSONDecoder(parse_float=_refuse, parse_constant=_refuse).decode

#: What a line of each type holds, nothing more and nothing less, in the verifier's order.
LINES: Final = {
    "export": ("tenant", "format", "at"),
    "stream": ("stream", "seq", "hash", "sealed_seq"),
    "event": ("stream", "seq", "at", "kind", "actor", "data", "hash"),
    "text": ("stream", "seq", "field", "salt", "text", "erased_at"),
    "entry": ("stream", "number", "seq", "hash"),
    "seal": ("number", "at", "root", "previous", "hash"),
    "end": ("lines", "sha256"),
}
_NUMBERS: Final = ("format", "seq", "sealed_seq", "number", "lines")


def parse(line: bytes) -> tuple[str, list[Any]]:
    """Return type and values of a line; hashes as bytes, data as canonical JSON.

    Raises ValueError, KeyError or AttributeError when the line is not exactly what a line of
    its type holds: canonical JSON, so that every program reads the same in it.
    """
    values = _decode(line.decode())
    if canonical(values).encode() != line.removesuffix(b"\n"):
        raise ValueError("not canonical")
    kind = values.pop("type")
    if sorted(values) != sorted(LINES[kind]):
        raise ValueError("other fields")
    return kind, [_value(name, values[name]) for name in LINES[kind]]


def _value(name: str, value: Any) -> Any:
    if value is None and name in ("salt", "text", "erased_at"):
        return None
    fits = type(value) is (int if name in _NUMBERS else dict if name == "data" else str)
    if not fits:  # True is no number here
        raise ValueError(f"{name} is of another kind")
    if name in ("hash", "root", "previous", "salt") and _HEX.fullmatch(value):
        return bytes.fromhex(value)
    if name in ("at", "erased_at") and _MOMENT.fullmatch(value):
        datetime.fromisoformat(value)  # a day that exists
        return value
    if name in ("hash", "root", "previous", "salt", "at", "erased_at"):
        raise ValueError(f"{name} is neither hexadecimal nor a time")
    return canonical(value) if name == "data" else value


def verify_lines(lines: Iterable[bytes], anchors: Mapping[int, bytes] | None = None) -> Report:
    """Verify the lines of an export, each with its line feed."""
    verifier: Verifier | None = None
    checksum, end, strange = _sha256(), b"", []
    count = 0
    for count, line in enumerate(lines, 1):
        if end:
            strange.append(Finding(text=f"Zeile {count}: steht nach dem Ende.", number=count))
            break
        try:
            kind, values = parse(line)
            if kind == "export" and verifier is None and values[1] == 1:
                verifier = Verifier(values[0], anchors)
            elif kind == "end":
                end = line
            else:
                getattr(verifier, kind)(*values)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            text = f"Zeile {count}: nicht lesbar oder an falscher Stelle."
            strange.append(Finding(text=text, number=count))
        if not end:
            checksum.update(line)
    if verifier is None:
        return Report(
            tenant="?", findings=[Finding(text="Die Datei ist keine Ausfuhr des Protokolls.")]
        )
    report = verifier.finish()
    if end != end_line(count - 1, checksum.hexdigest()):
        strange.append(Finding(text="Die Datei ist nicht so, wie sie ausgegeben wurde."))
    report.findings[:0] = strange
    return report


def end_line(lines: int, sha256: str) -> bytes:
    """Return the last line of an export of so many lines before it."""
    return canonical({"type": "end", "lines": lines, "sha256": sha256}).encode() + b"\n"


def read_anchors(seals: bytes) -> dict[int, bytes]:
    """Return number → hash of exported seals; raises ValueError when they are unreadable."""
    parsed = [parse(line) for line in seals.splitlines()]
    if any(kind != "seal" for kind, _ in parsed):
        raise ValueError("not an export of seals")
    return {values[0]: values[-1] for _, values in parsed}


def main(arguments: list[str]) -> int:
    """Verify the export named first, with the seals named after it."""
    anchors: dict[int, bytes] = {}
    try:
        for name in arguments[1:]:
            anchors |= read_anchors(Path(name).read_bytes())
        with Path(arguments[0]).open("rb") as lines:
            report = verify_lines(lines, anchors)
    except IndexError:
        sys.stdout.write("Aufruf: python verify_export.py AUSFUHR.jsonl [SIEGEL.jsonl ...]\n")
        return 2
    except (OSError, ValueError, KeyError) as error:
        sys.stdout.write(f"Nicht lesbar: {error}\n")
        return 2
    sys.stdout.writelines(f"{line}\n" for line in describe(report))
    return 0 if report.is_sound else 1


def describe(report: Report) -> list[str]:
    """Return the report as plain German lines."""
    count = f"Mandant „{report.tenant}“: {report.streams} Ströme, {report.events} Ereignisse,"
    count += f" {report.texts} Inhalte und {report.seals} Siegel geprüft;"
    count += f" {report.unsealed} Ereignisse noch ungesiegelt."
    result = f"{len(report.findings)} Fehler gefunden."
    return [
        count,
        *(f"Hinweis: {notice}" for notice in report.notices),
        *(f"FEHLER: {finding.text}" for finding in report.findings),
        "Alles stimmt." if report.is_sound else result,
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
