"""DMN 1.2 to 1.5: decision tables and boxed expressions on top of FEEL.

``read_library`` reads files, ``evaluate`` decides. Knows no case and no database.
"""

from laufzettel.engine.dmn.evaluate import STEPS_MAX, Result, Trace, evaluate, invoke
from laufzettel.engine.dmn.library import Library, flaws_of, read_library, with_imports
from laufzettel.engine.dmn.nodes import Fired
from laufzettel.engine.dmn.read import read_model
from laufzettel.engine.dmn.source import Flaw, HitPolicy, Model

__all__ = [
    "STEPS_MAX",
    "Fired",
    "Flaw",
    "HitPolicy",
    "Library",
    "Model",
    "Result",
    "Trace",
    "evaluate",
    "flaws_of",
    "invoke",
    "read_library",
    "read_model",
    "with_imports",
]
