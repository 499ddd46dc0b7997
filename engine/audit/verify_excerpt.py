"""Verify an excerpt of the audit, one stream, with nothing but Python's standard library.

    python verify_excerpt.py auszug.jsonl [seals.jsonl ...]

Needs ``verify_export.py`` beside it, which says what is hashed and how. Every event is chained to
the one before, every text fits its digest, and each seal that covers the stream is proven by the
branch of its tree (RFC 6962, 2.1.1): the other streams in it stay unknown. Seals that were exported
and kept elsewhere are compared where they are given; without them, whoever made the excerpt could
have made the whole chain anew. Ends with 0 when everything fits, with 1 when something does not,
with 2 when a file cannot be read.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

try:
    from laufzettel.engine.audit import verify_export as base
except ImportError:  # alone, beside verify_export.py
    import verify_export as base  # type: ignore[import-not-found,no-redef]

_sha256 = hashlib.sha256


class Excerpt:
    """The verification of one stream and of the seals that cover it."""

    def __init__(self, tenant: str, anchors: Mapping[int, bytes]) -> None:
        self.report = base.Report(tenant=tenant)
        self._anchors = anchors
        self._stream: base.Stream | None = None
        self._leaves: dict[int, bytes] = {}  # of the seals that are not proven yet

    def take(self, kind: str, values: list[Any]) -> None:
        """Take a line of the stream: head, event, text or seal entry."""
        name, *rest = values
        if self._stream is None:
            self._stream = base.Stream(self.report.tenant, name, self.report)
            self.report.streams = 1
        if name != self._stream.name:
            raise ValueError("two streams")
        if kind == "entry":
            number, seq, digest = rest
            leaf = base.canonical({"hash": digest.hex(), "seq": seq, "stream": name})
            self._leaves[number] = _sha256(b"\0" + leaf.encode()).digest()
        call = {"stream": "head"}.get(kind, kind)
        getattr(self._stream, call)(*rest)

    def proof(self, line: Mapping[str, Any]) -> None:
        """Check that a seal covers the stream, and that it is the seal that it says."""
        number, root = line["number"], bytes.fromhex(line["root"])
        self.report.seals += 1
        node = self._leaves.pop(number, None)
        for side, other in line["branch"]:
            beside, ours = bytes.fromhex(other), node or b""
            pair = {"left": beside + ours, "right": ours + beside}[side]
            node = _sha256(b"\1" + pair).digest()
        if node != root:
            self._complain(number, "bezeugt diesen Strom nicht.")
        values = {"at": line["at"], "number": number, "root": line["root"]}
        text = base.canonical(values | {"tenant": self.report.tenant})
        digest = _sha256(bytes.fromhex(line["previous"]) + text.encode()).hexdigest()
        if digest != line["hash"]:
            self._complain(number, "verändert; es passt nicht zu seiner Prüfsumme.")
        if self._anchors.get(number, bytes.fromhex(digest)).hex() != digest:
            self._complain(number, "Früher wurde hier ein anderes Siegel ausgegeben.")

    def finish(self) -> base.Report:
        """Check what only shows at the end, and return the report."""
        if self._stream is None:
            self.report.findings.append(base.Finding(text="Der Auszug enthält keinen Strom."))
        else:
            self._stream.finish()
        for number in sorted(self._leaves):
            self._complain(number, "ist nicht belegt.")
        return self.report

    def _complain(self, number: int, text: str) -> None:
        self.report.findings.append(base.Finding(text=f"Siegel {number}: {text}", number=number))


def verify(lines: Iterable[bytes], anchors: Mapping[int, bytes] | None = None) -> base.Report:
    """Verify the lines of an excerpt, each with its line feed."""
    whole = list(lines)
    first = _object(whole[0]) if whole else {}
    if first.get("type") != "excerpt" or first.get("format") != 1:
        text = "Die Datei ist kein Auszug des Protokolls."
        return base.Report(tenant="?", findings=[base.Finding(text=text)])
    excerpt, strange = Excerpt(str(first.get("tenant")), anchors or {}), []
    for number, line in enumerate(whole[1:-1], 2):
        try:
            if line.startswith(b'{"at"') and (found := _object(line)).get("type") == "proof":
                if base.canonical(found).encode() + b"\n" != line:
                    raise ValueError("not canonical")
                excerpt.proof(found)
            else:
                excerpt.take(*base.parse(line))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            text = f"Zeile {number}: nicht lesbar oder an falscher Stelle."
            strange.append(base.Finding(text=text, number=number))
    report = excerpt.finish()
    checksum = _sha256(b"".join(whole[:-1])).hexdigest()
    if whole[-1] != base.end_line(len(whole) - 1, checksum):
        strange.append(base.Finding(text="Die Datei ist nicht so, wie sie ausgegeben wurde."))
    report.findings[:0] = strange
    return report


def _object(line: bytes) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def main(arguments: list[str]) -> int:
    """Verify the excerpt named first, with the seals named after it."""
    anchors: dict[int, bytes] = {}
    try:
        for name in arguments[1:]:
            anchors |= base.read_anchors(Path(name).read_bytes())
        report = verify(Path(arguments[0]).read_bytes().splitlines(keepends=True), anchors)
    except IndexError:
        sys.stdout.write("Aufruf: python verify_excerpt.py AUSZUG.jsonl [SIEGEL.jsonl ...]\n")
        return 2
    except (OSError, ValueError, KeyError) as error:
        sys.stdout.write(f"Nicht lesbar: {error}\n")
        return 2
    sys.stdout.writelines(f"{line}\n" for line in base.describe(report))
    return 0 if report.is_sound else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
