"""laufzettel: BPMN workflow engine and task inbox for municipal invoices and payments."""

from pathlib import Path

__version__ = "0.1.0"

_here = Path(__file__).resolve().parent
if not (_here / "engine").is_dir():  # a checkout: the sub-packages lie two folders up
    __path__.append(str(_here.parents[1]))
