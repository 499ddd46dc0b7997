"""The pages for a WSGI server: ``waitress-serve laufzettel.wsgi:application``.

The composition lives as long as the process; jobs run in ``laufzettel worker``.
"""

from __future__ import annotations

import atexit
import contextlib
import logging

from laufzettel import logs, settings
from laufzettel.compose import compose, pages
from laufzettel.records import processes

logs.set_up(settings.log_format(), level=logging.INFO)
_stack = contextlib.ExitStack()
atexit.register(_stack.close)
_app = _stack.enter_context(compose(settings.load()))
_stack.enter_context(processes.kept(_app.db))
application = pages(_app)
