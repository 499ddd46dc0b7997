"""Bundles: deployed once, shadowed by a tenant's own, kept by running cases."""

from __future__ import annotations

import pytest
from tests.engine.execution.desk import TENANT, Desk

from laufzettel.engine.tables import bundle
from laufzettel.errors import NotFoundError
from laufzettel.identity import SHARED

OLD = "user old\nstart>old old>end"
NEW = "user new\nstart>new new>end"


def test_deploying_the_same_again_changes_nothing(desk: Desk) -> None:
    first = desk.deploy(OLD)

    again = desk.deploy(OLD)

    assert (first.is_new, again.is_new) == (True, False)
    assert first.bundle_id == again.bundle_id
    assert len(desk.rows(bundle)) == 1


def test_an_earlier_model_deployed_again_is_the_newest(desk: Desk) -> None:
    for model in (OLD, NEW, OLD):
        deployed = desk.deploy(model)

    assert (deployed.number, deployed.is_new) == (3, True)
    desk.start()
    assert desk.tasks() == ["old"]


def test_a_tenants_bundle_shadows_the_shared_one(desk: Desk) -> None:
    desk.deploy(OLD, tenant=SHARED)
    desk.start()
    desk.deploy(NEW, tenant=TENANT)
    desk.deploy(OLD, tenant=SHARED)

    desk.start()

    assert desk.tasks() == ["old", "new"]


def test_a_tenant_sees_no_other_tenants_bundle(desk: Desk) -> None:
    desk.deploy(OLD, tenant="anderswo")

    with pytest.raises(NotFoundError, match="„main“ ist nicht eingespielt"):
        desk.start()


def test_a_running_case_keeps_its_bundle(desk: Desk) -> None:
    case_id = desk.start("user a\nuser b\nstart>a a>b b>end")
    desk.deploy("user a\nuser c\nstart>a a>c c>end")

    desk.complete("a")

    assert desk.tasks(case_id) == ["b"]


def test_a_bundle_is_loaded_from_its_compiled_form_alone(desk: Desk) -> None:
    desk.start(OLD)
    desk.write(lambda connection: connection.execute(bundle.update().values(sources=b"")))
    later = Desk(desk.db.url.render_as_string(hide_password=False))

    later.complete("old")

    assert later.tasks() == []
    later.close()
