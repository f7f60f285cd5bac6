"""Looks for all that stands against a sync before anything of it is written."""

from __future__ import annotations

from collections.abc import Mapping

from holdfast.controllers.application.world import World
from holdfast.engine.flow import preflight
from holdfast.engine.plan.results import ResultKey
from holdfast.engine.plan.tasks import SyncPlan
from holdfast.engine.preflight import permissions, quota
from holdfast.engine.preflight.permissions import Access
from holdfast.model.errors import ApiError
from holdfast.model.keys import GroupKind, ObjectKey
from holdfast.model.kube import KubeObject

Live = Mapping[ObjectKey, KubeObject]

RESOURCE_QUOTA = GroupKind("", "ResourceQuota")


async def checked(
    world: World,
    plan: SyncPlan,
    live: Live,
    sync_options: tuple[str, ...],
    *,
    force: bool,
    user: str = "",
) -> SyncPlan:
    """The plan with what was found as problems of its tasks. The sync acts as `user`, if it names one.

    What the dry-runs of the comparison have told already is in the plan; asked here is only what they cannot know.
    """
    namespaces = {task.key.namespace for task in plan.tasks} - {""}
    found = preflight.missing_namespaces(plan, {name: world.namespace_exists(name) for name in namespaces})
    plan = preflight.objected(plan, found)
    needed = preflight.accesses(plan, live, sync_options, force=force)
    plan = preflight.objected(plan, await _forbidden(world, needed, user))
    return preflight.objected(plan, await _over_quota(world, plan, live))


async def _forbidden(world: World, needed: Mapping[ResultKey, set[Access]], user: str) -> dict[ResultKey, str]:
    every = {one for wanted in needed.values() for one in wanted}
    cluster = world.cluster.as_user(user) if user else world.cluster
    lacking = await world.permissions.missing(cluster, user, every)
    return {
        key: "; ".join(permissions.told(lacking & wanted, user)) for key, wanted in needed.items() if lacking & wanted
    }


async def _over_quota(world: World, plan: SyncPlan, live: Live) -> dict[ResultKey, str]:
    problems: dict[ResultKey, str] = {}
    for namespace, changes in preflight.growth(plan, live).items():
        broken = quota.exceeded(await _quotas(world, namespace), [change for _, change in changes])
        text = "; ".join(broken.values())
        problems |= {key: text for key, change in changes if quota.grows(change, broken)}
    return problems


async def _quotas(world: World, namespace: str) -> list[KubeObject]:
    """Read whole only where the watch tells that there are any."""
    resource = world.resource(RESOURCE_QUOTA)
    if resource is None or not world.store.of_kind(RESOURCE_QUOTA, namespace):
        return []
    try:
        return [item.decode() for item in (await world.cluster.list(resource, namespace=namespace)).items]
    except ApiError:
        return []
