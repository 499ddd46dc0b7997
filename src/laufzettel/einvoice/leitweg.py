"""The Leitweg-ID (BT-10): to which office an invoice to the administration goes.

Form and check digits after KoSIT's format specification 2.0.2. No official rule checks the
digits, and some of KoSIT's own samples fail: so it is never a reason to reject.
"""

from __future__ import annotations

import re
from typing import Final

from stdnum.iso7064 import mod_97_10

# Coarse address of 2 to 12 digits, fine address, two check digits.
_FORM: Final = re.compile(r"[0-9]{2,12}(-[A-Z0-9]{1,30})?-[0-9]{2}", re.ASCII)
_LENGTH_MAX: Final = 46


def is_leitweg_id(text: str) -> bool:
    """Return whether form and check digits are right, letters in capitals.

    >>> is_leitweg_id("04011000-1234512345-06"), is_leitweg_id("04011000-1234512345-07")
    (True, False)
    """
    number = text.upper()
    if len(number) > _LENGTH_MAX or not _FORM.fullmatch(number):
        return False
    return bool(mod_97_10.is_valid(number.replace("-", "")))
