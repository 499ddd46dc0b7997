"""Scanned paper, made here: pages as pictures without a text layer, with codes where wanted."""

from __future__ import annotations

import io
import time
from collections.abc import Sequence

import zxingcpp
from PIL import Image, ImageDraw, ImageFont

#: A4 at 200 dpi, what office scanners send.
SIZE = (1654, 2339)
GIRO = "BCD\n002\n1\nSCT\nCOBADEFFXXX\nMalerbetrieb Öztürk\nDE89370400440532013000\nEUR761.6\n\n\n"


def giro(remittance: str = "Rechnung 2026-77", **changed: str) -> bytes:
    """Return the content of an EPC-QR code; ``changed`` replaces parts of it by others."""
    text = GIRO + remittance
    for old, new in changed.items():
        text = text.replace(old, new)
    return text.encode()


def code(content: bytes, pixels: int) -> Image.Image:
    """Return a QR code so many pixels wide."""
    barcode = zxingcpp.create_barcode(content, zxingcpp.BarcodeFormat.QRCode, ec_level="15%")
    drawn = Image.fromarray(barcode.to_image(scale=8, add_quiet_zones=True))
    return drawn.convert("L").resize((pixels, pixels), Image.Resampling.LANCZOS)


def paper(
    *lines: str, codes: Sequence[bytes] = (), turned: int = 0, code_mm: int = 30
) -> Image.Image:
    """Return a sheet with these lines and codes, turned by so many degrees."""
    sheet = Image.new("L", SIZE, 255)
    pen = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(34)
    for number, line in enumerate(lines):
        pen.text((160, 200 + 60 * number), line, fill=0, font=font)
    for number, content in enumerate(codes):
        pixels = round(code_mm / 25.4 * 200)
        sheet.paste(code(content, pixels), (160 + number * (pixels + 80), 1800 - pixels))
    return sheet.rotate(turned, fillcolor=255) if turned else sheet


def scan(*sheets: Image.Image) -> bytes:
    """Return the sheets as a PDF, the way a scanner sends them: JPEG pictures, no text."""
    target = io.BytesIO()
    first, *others = sheets
    # A fixed day: the same sheets are the same bytes.
    day = time.gmtime(1_795_000_000)
    first.save(
        target,
        "PDF",
        save_all=True,
        append_images=others,
        resolution=200,
        quality=70,
        creationDate=day,
        modDate=day,
    )
    return target.getvalue()
