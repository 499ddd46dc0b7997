"""Where the hostile files call home: whoever listens there sees that one was obeyed."""

from __future__ import annotations

import socket
import time
from typing import Final

#: The address that the files of the corpus name.
CANARY: Final = ("127.0.0.1", 18999)
#: The longest that another test process may listen there.
WAIT_S: Final = 300


def listener() -> socket.socket:
    """Listen at the canary's address, as soon as no other test does."""
    ends = time.monotonic() + WAIT_S
    while True:
        try:
            return socket.create_server(CANARY)
        except OSError:
            if time.monotonic() > ends:
                raise
            time.sleep(0.1)
