"""`./run`, the one door: what it says, what it refuses, when it does nothing."""

from __future__ import annotations

import ast
import fcntl
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
RUN = ROOT / "run"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script as a module, at home in an empty checkout."""
    loader = SourceFileLoader("run_script", str(RUN))
    spec = importlib.util.spec_from_loader("run_script", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    homes = {"ROOT": "", "STATE": ".laufzettel", "VENV": ".venv"}
    homes |= {"FRONTEND": "web/frontend", "ASSETS": "web/static/dist"}
    for name, path in homes.items():
        monkeypatch.setattr(module, name, tmp_path / path)
    # main() sets it for what it starts, which must not outlive a test
    monkeypatch.setenv("LAUFZETTEL_DATA", str(tmp_path))
    monkeypatch.setattr(module, "STAMP", tmp_path / ".venv" / "laufzettel.stamp")
    return module


@pytest.fixture
def installed(run: ModuleType) -> ModuleType:
    """The same with packages of production, as the stamp says."""
    python = run.program(run.VENV, "python")
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    run.STAMP.write_text("\n".join(run.stamp_lines("runtime")))
    return run


def test_an_older_python_gets_as_far_as_the_sentence_about_it() -> None:
    """No grammar newer than 3.6, so that the version check is reached."""
    ast.parse(RUN.read_text("utf-8"), feature_version=(3, 6))


def test_it_imports_nothing_but_the_standard_library() -> None:
    tree = ast.parse(RUN.read_text("utf-8"))
    names = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    names |= {n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}

    assert {name.split(".")[0] for name in names} - sys.stdlib_module_names == set()


def test_help_names_every_door(run: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert run.main(["--help"]) == 0

    text = capsys.readouterr().out
    assert all(f"./run {door}" in text for door in run.DOORS)


@pytest.mark.parametrize(
    ("typed", "started"),
    [
        ([], ["-m", "laufzettel", "demo"]),
        (["--once"], ["-m", "laufzettel", "demo", "--once"]),
        (["--", "rules", "show"], ["-m", "laufzettel", "rules", "show"]),
        (["test", "tests/feel", "-q"], ["-m", "pytest", "tests/feel", "-q"]),
        (["check"], ["tools/check.py"]),
        (["bench", "inbox", "--json"], ["-m", "bench.inbox", "--json"]),
    ],
    ids=str,
)
def test_each_door_starts_what_it_says(
    run: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    typed: list[str],
    started: list[str],
) -> None:
    (tmp_path / "bench").mkdir()
    (tmp_path / "bench" / "inbox.py").touch()
    monkeypatch.chdir(tmp_path)  # a door of the developer changes the folder
    monkeypatch.setattr(run, "prepare", lambda level: None)
    for name in (
        "prepare_rules",
        "prepare_frontend",
        "prepare_browser",
        "prepare_mail_server",
        "prepare_ocr",
    ):
        monkeypatch.setattr(run, name, lambda: None)
    monkeypatch.setattr(run, "start", lambda *arguments: list(arguments))

    assert run.main(typed) == started


@pytest.mark.parametrize(
    ("typed", "waits"),
    [
        (["--", "web"], True),
        (["--", "tasks"], False),
        (["--", "worker"], False),
        ([], True),
        (["test"], True),
    ],
    ids=str,
)
def test_only_who_shows_pages_waits_for_the_front_end(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch, typed: list[str], waits: bool
) -> None:
    waited: list[bool] = []
    monkeypatch.setattr(run, "prepare", lambda level: None)
    monkeypatch.setattr(run, "prepare_rules", lambda: None)
    monkeypatch.setattr(run, "prepare_browser", lambda: None)
    monkeypatch.setattr(run, "prepare_mail_server", lambda: None)
    monkeypatch.setattr(run, "prepare_ocr", lambda: None)
    monkeypatch.setattr(run, "prepare_frontend", lambda: waited.append(True))
    monkeypatch.setattr(run, "start", lambda *arguments: 0)
    monkeypatch.chdir(run.ROOT)

    assert run.main(typed) == 0
    assert waited == [True] * waits


def test_an_unknown_argument_is_answered_with_the_help(
    run: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run.main(["tset"]) == 2

    assert capsys.readouterr().err.startswith("Unbekannt: tset\n\n./run ")


def test_a_second_start_installs_nothing(installed: ModuleType) -> None:
    assert installed.is_installed("runtime")
    assert not installed.is_installed("dev")


def test_another_lock_file_is_installed_again(
    installed: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    locks = tmp_path / "requirements"
    locks.mkdir()
    (locks / "runtime.lock").write_text("flask==4.0")
    monkeypatch.setattr(installed, "LOCKS", locks)

    assert not installed.is_installed("runtime")


def test_a_moved_checkout_is_installed_again(
    installed: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installed, "ROOT", tmp_path / "elsewhere")

    assert not installed.is_installed("runtime")


@pytest.mark.parametrize(("forbidden", "compiled"), [(True, True), (False, False)])
def test_packages_are_compiled_at_once_only_where_python_may_not_keep_what_it_compiles(
    installed: ModuleType, monkeypatch: pytest.MonkeyPatch, forbidden: bool, compiled: bool
) -> None:
    commands: list[list[str]] = []

    def perform(command: list[str], environment: dict[str, str] | None = None) -> str:
        commands.append(command)
        return str(installed.VENV)

    monkeypatch.setattr(installed, "find_uv", lambda: "uv")
    monkeypatch.setattr(installed, "package_environment", dict)
    monkeypatch.setattr(installed, "run_quietly", perform)
    monkeypatch.setattr(installed.sys, "dont_write_bytecode", forbidden)
    installed.install("runtime")
    (sync,) = [command for command in commands if "sync" in command]
    assert ("--compile-bytecode" in sync) is compiled


def test_an_environment_whose_python_is_gone_is_made_again(installed: ModuleType) -> None:
    installed.program(installed.VENV, "python").unlink()

    assert not installed.is_installed("runtime")


def test_uv_gets_the_settings_of_pip(run: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """uv does not read pip's configuration; the environment beats files, as with pip."""
    listed = [
        ":env:.cert='/certs/own.pem'",
        "global.cert='/certs/of all.pem'",
        "global.index-url='mirror'",
        "global.extra-index-url='\\none\\ntwo'",
        "install.timeout='180'",
        "global.find-links='/does/not/exist'",
    ]
    monkeypatch.setattr(run, "run_quietly", lambda command: "\n".join(listed))
    monkeypatch.setattr(os, "environ", {"PATH": "/bin"})

    assert run.package_environment() == {
        "PATH": "/bin",
        "UV_PYTHON_DOWNLOADS": "never",
        "SSL_CERT_FILE": "/certs/own.pem",
        "UV_DEFAULT_INDEX": "mirror",
        "UV_INDEX": "one two",
        "UV_HTTP_TIMEOUT": "180",
    }


def test_settings_of_uv_itself_win(run: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "run_quietly", lambda command: "global.index-url='mirror'")
    monkeypatch.setattr(os, "environ", {"UV_DEFAULT_INDEX": "own"})

    assert run.package_environment()["UV_DEFAULT_INDEX"] == "own"


def test_missing_venv_is_answered_with_the_line_to_type(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(run, "apt_install", lambda *packages: False)

    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    with pytest.raises(run.SetupError, match=f"sudo apt-get install .* python{version}-venv"):
        run.need_ensurepip()


def test_missing_pdf_libraries_do_not_stop_the_start(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run, "missing_pdf_libraries", lambda: ["libpango-1.0.so.0"])
    monkeypatch.setattr(run, "apt_install", lambda *packages: False)

    run.prepare_pdf()

    said = capsys.readouterr().err
    assert "Es fehlen Bibliotheken für PDF (libpango-1.0.so.0)" in said
    assert "sudo apt-get install -y --no-install-recommends libpango-1.0-0" in said


def test_rules_are_installed_once(
    installed: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Again only when the package, the place or the folder itself changed."""
    calls: list[list[str]] = []
    rules = tmp_path / "rules"
    monkeypatch.setenv("LAUFZETTEL_RULES_DIR", str(rules))
    monkeypatch.setattr(installed, "run_quietly", calls.append)

    installed.prepare_rules()
    rules.mkdir()
    installed.prepare_rules()

    assert [call[1:] for call in calls] == [["-m", "laufzettel", "rules", "install"]]
    rules.rmdir()
    installed.prepare_rules()
    assert len(calls) == 2


def test_without_rules_the_start_goes_on(
    installed: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(command: list[str]) -> str:
        raise installed.SetupError("kein Netz")

    monkeypatch.setenv("LAUFZETTEL_RULES_DIR", str(tmp_path / "rules"))
    monkeypatch.setattr(installed, "run_quietly", fail)

    installed.prepare_rules()

    assert "E-Rechnungen bleiben „nicht geprüft“" in capsys.readouterr().err


@pytest.fixture
def frontend(run: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A front end with sources; npm and Node do what they should, and their calls are listed."""
    calls: list[str] = []

    def perform(command: list[str], environment: dict[str, str] | None = None) -> str:
        if command[1] == "ci":
            (run.FRONTEND / "node_modules" / "axe-core").mkdir(parents=True, exist_ok=True)
            (run.FRONTEND / "node_modules" / "axe-core" / "axe.min.js").touch()
        elif command[1].endswith("build.mjs"):
            run.ASSETS.mkdir(parents=True, exist_ok=True)
            (run.ASSETS / "manifest.json").touch()
        calls.append(Path(command[1]).name)
        return ""

    (run.FRONTEND / "src").mkdir(parents=True)
    for name in ("package.json", "package-lock.json", ".npmrc", "build.mjs", "src/app.css"):
        (run.FRONTEND / name).write_text(name)
    monkeypatch.setattr(run, "run_quietly", perform)
    monkeypatch.setattr(run, "find_node", lambda: ("/usr/bin/node", "/usr/bin/npm"))
    return calls


def test_the_front_end_is_built_once(run: ModuleType, frontend: list[str]) -> None:
    run.prepare_frontend()
    run.prepare_frontend()

    assert frontend == ["ci", "build.mjs"]


@pytest.mark.parametrize(
    ("changed", "calls"),
    [
        ("web/frontend/src/app.css", ["build.mjs"]),
        ("web/frontend/src/new.js", ["build.mjs"]),
        ("web/frontend/build.mjs", ["build.mjs"]),
        ("web/diagram/diagram.css", ["build.mjs"]),
        ("web/frontend/package-lock.json", ["ci", "build.mjs"]),
        ("web/diagram/paper.css", []),
        ("web/frontend/README.md", []),
    ],
)
def test_the_front_end_is_built_again_when_it_changed(
    run: ModuleType, frontend: list[str], changed: str, calls: list[str]
) -> None:
    run.prepare_frontend()
    frontend.clear()
    (run.ROOT / changed).parent.mkdir(exist_ok=True)
    (run.ROOT / changed).write_text("other")

    run.prepare_frontend()

    assert frontend == calls


def test_built_files_that_are_gone_are_made_again(run: ModuleType, frontend: list[str]) -> None:
    run.prepare_frontend()
    shutil.rmtree(run.ASSETS)

    run.prepare_frontend()

    assert frontend == ["ci", "build.mjs", "build.mjs"]


def test_packages_of_the_front_end_that_cannot_be_had_are_explained(
    run: ModuleType, frontend: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(command: list[str], environment: dict[str, str]) -> str:
        raise run.SetupError("npm error code ENOTFOUND")

    monkeypatch.setattr(run, "run_quietly", fail)

    with pytest.raises(run.SetupError, match=r"Die Pakete der Oberfläche konnten nicht geladen"):
        run.prepare_frontend()
    assert not run.is_built()


def test_a_package_of_the_front_end_with_another_hash_is_not_blamed_on_the_network(
    run: ModuleType,
) -> None:
    assert run.explain_npm("npm error code EINTEGRITY").startswith(
        "Ein Paket der Oberfläche hat nicht die erwartete Prüfsumme"
    )


@pytest.mark.parametrize(
    ("version", "fetched"), [("v20.20.2\n", False), ("v24.0.0", False), ("v18.19.0\n", True)]
)
def test_a_node_that_is_too_old_is_not_used(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch, version: str, fetched: bool
) -> None:
    folders: list[Path] = []
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(run, "run_quietly", lambda command: version)

    def fetch(folder: Path) -> None:
        folder.mkdir(parents=True)
        folders.append(folder)

    monkeypatch.setattr(run, "fetch_node", fetch)
    run.find_node()
    node, npm = run.find_node()

    own = run.program(run.STATE / "node", "node"), run.program(run.STATE / "node", "npm")
    assert (node, npm) == (tuple(map(str, own)) if fetched else ("/usr/bin/node", "/usr/bin/npm"))
    assert folders == [run.STATE / "node"] * fetched


def test_a_missing_browser_is_said_and_does_not_stop_the_tests(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)

    run.prepare_browser()

    said = capsys.readouterr().err
    assert "die Tests im Browser werden übersprungen" in said
    assert "sudo apt-get install -y --no-install-recommends chromium fonts-dejavu-core" in said


def test_a_package_with_another_hash_is_not_blamed_on_the_network(run: ModuleType) -> None:
    assert run.explain_download("Hash mismatch for flask").startswith(
        "Ein Paket hat nicht die erwartete Prüfsumme und wurde nicht installiert."
    )


def test_a_second_set_up_waits_for_the_first(run: ModuleType) -> None:
    run.STATE.mkdir()
    code = f"""
import fcntl, time
lock = open({str(run.STATE / "lock")!r}, "a")
fcntl.flock(lock, fcntl.LOCK_EX)
print("locked", flush=True)
time.sleep(0.5)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as first:
        assert first.stdout is not None
        first.stdout.readline()
        started = time.monotonic()

        with run.alone():
            waited = time.monotonic() - started

    assert waited > 0.3
    with (run.STATE / "lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # free again


def test_without_a_network_it_says_so(tmp_path: Path) -> None:
    """From nothing, without an index and without uv: a sentence, exit code 1, no traceback."""
    shutil.copy(RUN, tmp_path)
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    result = subprocess.run(
        [sys.executable, str(tmp_path / "run"), "--", "--help"],
        env={"PATH": "/nonexistent", "PIP_NO_INDEX": "1", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 1
    assert "Abbruch: Die Pakete konnten nicht geladen werden." in result.stderr
    assert "Traceback" not in result.stderr


def test_a_missing_mail_server_is_said_and_does_not_stop_the_tests(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run.shutil, "which", lambda name: None)

    run.prepare_mail_server()

    said = capsys.readouterr().err
    assert "die Tests mit einem Postfach werden übersprungen" in said
    assert "sudo apt-get install -y --no-install-recommends dovecot-imapd" in said
