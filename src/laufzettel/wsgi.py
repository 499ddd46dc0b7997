"""The pages for a WSGI server: ``waitress-serve laufzettel.wsgi:application``.

The composition lives as long as the process; jobs run in ``laufzettel worker``.
"""

from __future__ import annotations

import atexit
import contextlib

from laufzettel import settings
from laufzettel.compose import compose, pages

_stack = contextlib.ExitStack()
atexit.register(_stack.close)
_app = _stack.enter_context(compose(settings.load()))
application = pages(_app)
