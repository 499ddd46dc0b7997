"""Who may import whom, and what nobody may do (DESIGN sections 2 and 5).

The rules are read from the syntax trees, so a lazy import counts like one at the top.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("engine", "handlers", "web", "connectors", "bpmn")

#: Places of their own; every other module of src/laufzettel is a root module.
AREAS: Final = {*FOLDERS, "db", "documents", "einvoice", "records", "pdf", "archive"}
#: They put the parts together and may import everything.
EXEMPT: Final = {"app", "compose", "periodic", "intake", "cli", "scenarios", "__main__", "wsgi"}
#: area → areas it may import, besides itself.
ALLOWED: Final = {
    "root": set[str](),
    "db": {"root"},
    "documents": {"root", "db"},
    "einvoice": {"root"},
    "pdf": {"root"},
    "records": {"root", "db", "einvoice"},
    "archive": {"root", "db", "documents", "einvoice", "records"},
    "engine": {"root", "db"},
    "connectors": {"root", "records", "einvoice", "documents"},
    "handlers": {"root", "db", "records", "einvoice", "documents", "pdf"},
    "web": {"root", "db", "records", "einvoice", "documents", "pdf", "archive"},
    "bpmn": set[str](),
}
#: Single modules that an area may import beyond its areas.
DOORS: Final = {
    "handlers": re.compile(r"laufzettel\.(engine\.handler|connectors\.(\w+\.)*port)(\.|$)"),
    "archive": re.compile(r"laufzettel\.engine\.api(\.|$)"),
    "web": re.compile(r"laufzettel\.engine\.api(\.|$)"),
}
#: Read models alone join the engine's tables with the records (DESIGN section 2).
READ_MODEL: Final = re.compile(r"laufzettel\.web\.\w+\.queries")
READ_MODEL_DOOR: Final = re.compile(r"laufzettel\.engine\.tables(\.|$)")
#: Behind a port, so that either can be replaced without anyone noticing.
ENGINE_ONLY: Final = {"SpiffWorkflow", "procrastinate"}

#: Where time and chance come from; everybody else is handed a clock and ids.
TIME_AND_CHANCE: Final = {
    "src/laufzettel/clock.py": "the system clock itself",
    "src/laufzettel/ids.py": "identifiers sort by the time of their making",
    "engine/execution/step.py": "spreads retries in time; no result depends on it",
    "engine/jobs/runner.py": "spreads load in time; no result depends on it",
}
#: A float may stand where no amount of money can come by; each place with its reason.
FLOATS: Final[dict[str, str]] = {
    "web/diagram/plane.py": "coordinates of a drawing",
}

FUNCTION_LINES_MAX: Final = 70


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A module of the package: its file, its name, its syntax tree."""

    path: str  # below the checkout
    module: str
    is_package: bool
    tree: ast.Module

    @property
    def area(self) -> str:
        """The place of the import table that the module belongs to."""
        return area_of(self.module)


def area_of(module: str) -> str:
    """Return the area of a module by its name."""
    first = module.split(".")[1] if "." in module else "root"
    return first if first in AREAS | EXEMPT else "root"


def sources(root: Path) -> list[Source]:
    """Return every module of the package in the checkout at ``root``."""
    places = [(root / "src" / "laufzettel", "laufzettel")]
    places += [(root / folder, f"laufzettel.{folder}") for folder in FOLDERS]
    return [
        read_source(
            root, path, ".".join((package, *path.relative_to(folder).with_suffix("").parts))
        )
        for folder, package in places
        for path in sorted(folder.rglob("*.py"))
        if "node_modules" not in path.parts
    ]


def read_source(root: Path, path: Path, name: str) -> Source:
    """Return the module that lies at ``path``."""
    return Source(
        path=path.relative_to(root).as_posix(),
        module=name.removesuffix(".__init__"),
        is_package=path.name == "__init__.py",
        tree=ast.parse(path.read_text("utf-8")),
    )


def imports(source: Source, known: set[str]) -> Iterator[tuple[int, str]]:
    """Yield line and full name of every module that the source imports, lazily or not."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            origin = absolute(node, source)
            for alias in node.names:
                name = f"{origin}.{alias.name}"
                yield node.lineno, name if name in known else origin
        elif isinstance(node, ast.Call) and called(node.func) in {"import_module", "__import__"}:
            yield from ((node.lineno, text) for text in texts(node.args[:1]))


def absolute(node: ast.ImportFrom, source: Source) -> str:
    """Return the full name of the module after `from`."""
    if not node.level:
        return node.module or ""
    parts = source.module.split(".")
    base = parts[: len(parts) - node.level + source.is_package]
    return ".".join([*base, *([node.module] if node.module else [])])


def called(function: ast.expr) -> str:
    """Return the last name of what is called: `now` of `datetime.now`."""
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def texts(arguments: list[ast.expr]) -> list[str]:
    """Return the arguments that are literal strings."""
    return [a.value for a in arguments if isinstance(a, ast.Constant) and isinstance(a.value, str)]


def breaches(root: Path) -> list[str]:
    """Return every import against the table, as file:line and what it imports."""
    modules = sources(root)
    known = {source.module for source in modules}
    return [
        f"{source.path}:{line} {source.area} imports {name}"
        for source in modules
        for line, name in imports(source, known)
        if not may_import(source, name)
    ]


def may_import(source: Source, name: str) -> bool:
    """Tell whether the table allows the import."""
    if name.split(".")[0] in ENGINE_ONLY:
        return source.area == "engine"
    if name.split(".")[0] != "laufzettel" or source.area in EXEMPT:
        return True
    door = DOORS.get(source.area)
    target = area_of(name)
    own = target == source.area
    if READ_MODEL.fullmatch(source.module) and READ_MODEL_DOOR.match(name):
        return True
    return own or target in ALLOWED[source.area] or bool(door and door.match(name))


def calls(source: Source) -> Iterator[tuple[int, str]]:
    """Yield line and written form of every call, `datetime.now` for `datetime.now(UTC)`."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call):
            yield node.lineno, ast.unparse(node.func)


CHANCE_OR_TIME: Final = re.compile(
    r"((\w+\.)?(datetime|date)\.(now|utcnow|today)|time\.time(_ns)?|(uuid\.)?uuid[14]|random\..+)"
)
CHANCE_OR_TIME_IMPORT: Final = re.compile(r"random(\.|$)")


def fetched_time_or_chance(root: Path) -> list[str]:
    """Return every place that fetches the time or chance instead of being handed it."""
    found = []
    for source in sources(root):
        hits = [hit for hit in calls(source) if CHANCE_OR_TIME.fullmatch(hit[1])]
        hits += [hit for hit in imports(source, set()) if CHANCE_OR_TIME_IMPORT.match(hit[1])]
        found += [f"{source.path}:{line} {name}" for line, name in hits]
    return [place for place in found if place.split(":")[0] not in TIME_AND_CHANCE]


def called_anywhere(root: Path, name: str) -> list[str]:
    """Return every place of the package that calls the built-in function."""
    return [
        f"{source.path}:{line}"
        for source in sources(root)
        for line, written in calls(source)
        if written == name
    ]


def long_functions(root: Path) -> list[str]:
    """Return every function with more lines, without its docstring, than anyone can read."""
    return [
        f"{source.path}:{node.lineno} {node.name}: {lines(node)}"
        for source in sources(root)
        for node in ast.walk(source.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and lines(node) > FUNCTION_LINES_MAX
    ]


def lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the length of a function without its docstring."""
    whole = (function.end_lineno or 0) - function.lineno + 1
    first = function.body[0]
    if ast.get_docstring(function) is None:
        return whole
    return whole - ((first.end_lineno or 0) - first.lineno + 1)


def test_imports_follow_the_table() -> None:
    """DESIGN section 2; only the composition root, `cli`, `scenarios` and what starts them see all."""
    assert breaches(ROOT) == []


def test_time_and_chance_are_handed_in() -> None:
    """Thirty days pass in a test at once, and a replay gives the same ids."""
    assert fetched_time_or_chance(ROOT) == []


def test_only_the_command_line_prints() -> None:
    """What a server has to say goes to its log or to a page."""
    allowed = ("src/laufzettel/cli/", "src/laufzettel/__main__.py")

    assert [
        place for place in called_anywhere(ROOT, "print") if not place.startswith(allowed)
    ] == []


def test_no_amount_becomes_a_float() -> None:
    """0.1 + 0.2 is not 0.3; the list of exceptions names places without money."""
    places = called_anywhere(ROOT, "float")

    assert [place for place in places if place.split(":")[0] not in FLOATS] == []


def test_no_function_is_longer_than_seventy_lines() -> None:
    assert long_functions(ROOT) == []


def test_no_page_is_found_by_counting_rows() -> None:
    """OFFSET reads all that it leaves out: web.md measured 673 ms for the thousandth page."""
    words = re.compile(r"\.offset\(|\bOFFSET\b")

    assert [
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "web").rglob("*.py")
        if "node_modules" not in path.parts and words.search(path.read_text("utf-8"))
    ] == []


def test_every_exception_names_a_file_that_exists() -> None:
    listed = {**TIME_AND_CHANCE, **FLOATS}

    assert [path for path in listed if not (ROOT / path).is_file()] == []


PLANTED = {
    "lazy": (
        "engine/step.py",
        "def f() -> None:\n    from laufzettel.records import invoice\n",
        "engine/step.py:2 engine imports laufzettel.records.invoice",
    ),
    "relative": (
        "handlers/order/pay.py",
        "from ...engine.execution import step\n",
        "handlers/order/pay.py:1 handlers imports laufzettel.engine.execution",
    ),
    "concrete connector": (
        "handlers/order/pay.py",
        "import laufzettel.connectors.kasse.infoma\n",
        "handlers/order/pay.py:1 handlers imports laufzettel.connectors.kasse.infoma",
    ),
    "by name": (
        "web/inbox.py",
        "import importlib\nimportlib.import_module('laufzettel.handlers.order')\n",
        "web/inbox.py:2 web imports laufzettel.handlers.order",
    ),
    "past the facade": (
        "web/inbox.py",
        "from laufzettel.engine import tables\n",
        "web/inbox.py:1 web imports laufzettel.engine.tables",
    ),
    "tables beside the read model": (
        "web/inbox/views.py",
        "from laufzettel.engine import tables\n",
        "web/inbox/views.py:1 web imports laufzettel.engine.tables",
    ),
    "read model past the facade": (
        "web/inbox/queries.py",
        "from laufzettel.engine.execution import step\n",
        "web/inbox/queries.py:1 web imports laufzettel.engine.execution",
    ),
    "library behind the port": (
        "src/laufzettel/compose.py",
        "from SpiffWorkflow.bpmn import workflow\n",
        "src/laufzettel/compose.py:1 compose imports SpiffWorkflow.bpmn",
    ),
}


@pytest.mark.parametrize("case", PLANTED)
def test_a_planted_breach_is_found(case: str, tmp_path: Path) -> None:
    path, text, expected = PLANTED[case]
    for name in (path, "src/laufzettel/records/invoice.py", "engine/tables.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / path).write_text(text)

    assert breaches(tmp_path) == [expected]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("handlers/order/pay.py", "from laufzettel.connectors.kasse import port\n"),
        ("handlers/order/pay.py", "from laufzettel.engine.handler import effect\n"),
        ("web/inbox.py", "from laufzettel.engine.api import Engine\n"),
        ("web/inbox/queries.py", "from laufzettel.engine.tables import user_task\n"),
        ("src/laufzettel/compose.py", "from laufzettel.engine.jobs import loop\n"),
        ("src/laufzettel/safe_xml.py", "from laufzettel.errors import InputError\n"),
        ("engine/jobs/port.py", "from procrastinate import App\n"),
    ],
)
def test_what_the_table_allows_passes(path: str, text: str, tmp_path: Path) -> None:
    for name in (path, "connectors/kasse/port.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / path).write_text(text)

    assert breaches(tmp_path) == []


@pytest.mark.parametrize(
    "text",
    [
        "from datetime import datetime\ndatetime.now()",
        "import datetime\ndatetime.date.today()",
        "import time\ntime.time()",
        "from uuid import uuid4\nuuid4()",
        "from random import choice\nchoice([1])",
    ],
)
def test_fetched_time_or_chance_is_found(text: str, tmp_path: Path) -> None:
    (tmp_path / "engine").mkdir()
    (tmp_path / "engine" / "step.py").write_text(text)

    assert len(fetched_time_or_chance(tmp_path)) == 1
