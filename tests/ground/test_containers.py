"""The image and the composition of services, as far as that can be told without an engine.

No Docker engine has run either of them here. What is checked: docker-compose.yml against a
schema of the part of the Compose format that it uses (written for this test), its references
inside, and what the Dockerfile copies. See docs/decisions/0001.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from tools.wheel_check import SOURCES

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")

TEXT = {"type": "string", "minLength": 1}
TEXTS = {"type": "array", "items": TEXT, "minItems": 1}
SPAN = {"type": "string", "pattern": "^[0-9]+(ms|s|m|h)$"}
SETTINGS = {
    "type": "object",
    "propertyNames": {"pattern": "^[A-Z][A-Z0-9_]*$"},
    "additionalProperties": TEXT,
}
HEALTH_CHECK = {
    "type": "object",
    "required": ["test", "interval", "timeout", "retries"],
    "additionalProperties": False,
    "properties": {
        "test": {
            "type": "array",
            "prefixItems": [{"enum": ["CMD", "CMD-SHELL"]}],
            "items": TEXT,
            "minItems": 2,
        },
        "interval": SPAN,
        "timeout": SPAN,
        "start_period": SPAN,
        "retries": {"type": "integer", "minimum": 1},
    },
}
CONDITIONS = ["service_started", "service_healthy", "service_completed_successfully"]
DEPENDS_ON = {
    "type": "object",
    "additionalProperties": {
        "type": "object",
        "required": ["condition"],
        "additionalProperties": False,
        "properties": {"condition": {"enum": CONDITIONS}},
    },
}
SERVICE = {
    "type": "object",
    "required": ["image", "restart"],
    "additionalProperties": False,
    "properties": {
        "image": TEXT,
        "build": TEXT,
        "command": TEXTS,
        "environment": SETTINGS,
        # A port that is open to the world needs a thought, so only loopback passes.
        "ports": {
            "type": "array",
            "items": {"type": "string", "pattern": r"^127\.0\.0\.1:[0-9]+:[0-9]+$"},
        },
        "volumes": {"type": "array", "items": {"type": "string", "pattern": "^[a-z]+:/[^:]+$"}},
        "tmpfs": {"type": "array", "items": {"type": "string", "pattern": "^/"}},
        "read_only": {"type": "boolean"},
        "cap_drop": TEXTS,
        "security_opt": TEXTS,
        # Unquoted, YAML reads `no` as false.
        "restart": {"enum": ["no", "always", "on-failure", "unless-stopped"]},
        "depends_on": DEPENDS_ON,
        "stop_grace_period": SPAN,
        "healthcheck": HEALTH_CHECK,
    },
}
COMPOSE = {
    "type": "object",
    "required": ["name", "services", "volumes"],
    "additionalProperties": False,
    "patternProperties": {"^x-": {}},
    "properties": {
        "name": {"type": "string", "pattern": "^[a-z0-9][a-z0-9_-]*$"},
        "services": {"type": "object", "additionalProperties": SERVICE},
        "volumes": {"type": "object", "additionalProperties": {"type": "null"}},
    },
}


@pytest.fixture
def compose() -> dict[str, Any]:
    """The composition with its anchors resolved."""
    document: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
    return document


def problems(document: dict[str, Any]) -> list[str]:
    """Return where the document is against the schema."""
    validator = jsonschema.Draft202012Validator(COMPOSE)
    return sorted(error.json_path for error in validator.iter_errors(document))


def test_the_composition_follows_the_schema(compose: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator.check_schema(COMPOSE)

    assert problems(compose) == []


@pytest.mark.parametrize(
    ("service", "key", "value"),
    [
        ("web", "port", ["127.0.0.1:8080:8080"]),
        ("web", "ports", ["8080:8080"]),
        ("migrate", "restart", False),
        ("db", "healthcheck", {"test": "pg_isready"}),
        ("web", "depends_on", {"migrate": {"condition": "service_finished"}}),
    ],
)
def test_a_mistake_in_the_composition_is_found(
    compose: dict[str, Any], service: str, key: str, value: object
) -> None:
    compose["services"][service][key] = value

    assert problems(compose) != []


def test_what_a_service_refers_to_exists(compose: dict[str, Any]) -> None:
    services = compose["services"]
    needed = {name for service in services.values() for name in service.get("depends_on", {})}
    mounts = {v.split(":")[0] for service in services.values() for v in service.get("volumes", [])}

    assert sorted(services) == ["db", "migrate", "web", "worker"]
    assert needed - services.keys() == set()
    assert mounts == compose["volumes"].keys()


def test_everything_waits_for_the_tables(compose: dict[str, Any]) -> None:
    services = compose["services"]

    assert services["migrate"]["depends_on"] == {"db": {"condition": "service_healthy"}}
    for name in ("web", "worker"):
        assert services[name]["depends_on"] == {
            "migrate": {"condition": "service_completed_successfully"}
        }


def test_every_service_that_stays_is_watched(compose: dict[str, Any]) -> None:
    watched = {name for name, service in compose["services"].items() if "healthcheck" in service}

    assert watched == {"db", "web", "worker"}


def test_no_password_is_written_down(compose: dict[str, Any]) -> None:
    """The operator's .env gives it, and without it nothing starts."""
    text = (ROOT / "docker-compose.yml").read_text("utf-8")
    environment = compose["services"]["db"]["environment"]

    assert environment["POSTGRES_PASSWORD"].startswith("${LAUFZETTEL_DB_PASSWORD:?")
    assert re.findall(r"://laufzettel:(?!\$\{LAUFZETTEL_DB_PASSWORD:\?)", text) == []
    assert re.findall(r"(?i)password|secret|token", DOCKERFILE) == []


def copied() -> list[str]:
    """Return what the Dockerfile takes from the checkout."""
    return re.findall(r"^COPY ([^-\s]\S*) ", DOCKERFILE, re.MULTILINE)


def test_the_image_holds_the_whole_package() -> None:
    folders = {name.split("/")[0] for name in SOURCES}
    ignored = (ROOT / ".dockerignore").read_text("utf-8")

    assert folders <= set(copied())
    assert [name for name in copied() if not (ROOT / name).exists()] == []
    assert [name for name in copied() if f"!{name}\n" not in ignored] == []


def test_the_image_builds_its_front_end_from_the_lock_file() -> None:
    """In a stage of its own: the image that runs has no Node."""
    stages = re.split(r"^(?=FROM )", DOCKERFILE, flags=re.MULTILINE)
    building = next(stage for stage in stages if " AS frontend" in stage)
    ignored = (ROOT / ".dockerignore").read_text("utf-8").splitlines()

    assert re.match(r"FROM node:\d+-slim AS frontend\n", building)
    assert "npm ci --ignore-scripts" in building
    assert "COPY --from=frontend /build/web/static/dist web/static/dist\n" in stages[-1]
    assert stages[-1].startswith("FROM python:")
    assert {"web/static/dist", "**/node_modules"} <= set(ignored)


def test_the_image_runs_without_root_and_with_checked_packages() -> None:
    last_user = re.findall(r"^USER (\S+)", DOCKERFILE, re.MULTILINE)[-1]

    assert last_user == "laufzettel"
    assert "--require-hashes" in DOCKERFILE
    assert DOCKERFILE.index("laufzettel rules install") < DOCKERFILE.index("USER laufzettel")
