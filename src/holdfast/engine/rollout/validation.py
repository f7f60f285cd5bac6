"""What is wrong with a Rollout, worded as Argo Rollouts words it where its users know the words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from holdfast.engine.kube import selectors
from holdfast.engine.lang import durations
from holdfast.engine.rollout import (
    amounts,
    configuration,
    defaults,
    ranges,
    replica_sets,
    routes,
    steps,
    validation_contents,
)
from holdfast.engine.rollout.in_place import kinds
from holdfast.model import program_names
from holdfast.model.canary import CanaryStep
from holdfast.model.kube import KubeObject, annotations_of
from holdfast.model.names import HASH_LABEL
from holdfast.model.rollout import BlueGreenStrategy, Rollout

ROUTERS = ("istio", "nginx", "alb", "smi", "ambassador", "app_mesh", "traefik", "apisix", "plugins")
ROUTERS_FOR_HEADERS = ("istio", "alb", "apisix", "traefik", "plugins")


def problem(rollout: Rollout) -> str:
    """The first fault, "" for none."""
    return next(problems(rollout), "")


def problems(rollout: Rollout) -> Iterator[str]:
    spec = rollout.spec
    strategy = spec.strategy
    if spec.workload_ref is not None and spec.template.get("spec"):
        yield "spec.template: Internal error: template must be empty for workload reference rollout"
    if spec.workload_ref is not None and (spec.template.get("metadata") or {}).get("labels"):
        yield "spec.template: Internal error: template must be empty for workload reference rollout"
    if spec.workload_ref is None and spec.selector is None:
        yield "spec.selector: Required value: Rollout has missing field '.spec.selector'"
    if strategy.canary is None and strategy.blue_green is None:
        yield "spec.strategy.strategy: Required value: Rollout has missing field '.spec.strategy.canary or .spec.strategy.blueGreen'"
    if strategy.canary is not None and strategy.blue_green is not None:
        yield "spec.strategy.strategy: Invalid value: Multiple Strategies can not be listed"
    yield from ranges.problems(rollout)
    yield from validation_contents.problems(rollout)
    yield from _progress_deadline(rollout)
    yield from kinds.problems(rollout, keeps_configuration=configuration.is_asked(rollout))
    if strategy.blue_green is not None:
        yield from _blue_green(rollout, strategy.blue_green)
    elif strategy.canary is not None:
        yield from canary(rollout)


def _progress_deadline(rollout: Rollout) -> Iterator[str]:
    deadline = rollout.spec.progress_deadline_seconds
    ready = rollout.spec.min_ready_seconds
    if deadline is not None and deadline <= ready:
        yield f"spec.progressDeadlineSeconds: Invalid value: {deadline}: must be greater than minReadySeconds"


def _blue_green(rollout: Rollout, strategy: BlueGreenStrategy) -> Iterator[str]:
    place = "spec.strategy.blueGreen"
    if not strategy.active_service:
        yield f"{place}.activeService: Required value"
    if strategy.active_service and strategy.active_service == strategy.preview_service:
        yield f'{place}.activeService: Invalid value: "{strategy.active_service}": This rollout uses the same service for the active and preview services, but two different services are required.'
    if strategy.max_unavailable is not None:
        yield from _amount(f"{place}.maxUnavailable", strategy.max_unavailable)
    limit = strategy.scale_down_delay_revision_limit
    history = rollout.spec.revision_history_limit
    if limit is not None and history is not None and limit > history:
        yield f"{place}.scaleDownDelayRevisionLimit: Invalid value: {limit}: This rollout's revision history limit can not be smaller than the rollout's scale down limit"


def canary(rollout: Rollout) -> Iterator[str]:
    strategy = defaults.canary(rollout)
    place = "spec.strategy.canary"
    for name, amount in (("maxSurge", strategy.max_surge), ("maxUnavailable", strategy.max_unavailable)):
        if amount is not None:
            yield from _amount(f"{place}.{name}", amount)
    if surge_and_unavailable_are_zero(rollout):
        yield f"{place}.maxSurge: Invalid value: MaxSurge and MaxUnavailable both can not be zero"
    yield from _canary_services(rollout)
    if strategy.scale_down_delay_seconds is not None and strategy.traffic_routing is None:
        yield f"{place}.scaleDownDelaySeconds: Invalid value: Canary scaleDownDelaySeconds can only be used with traffic routing"
    if strategy.dynamic_stable_scale and strategy.traffic_routing is None:
        yield f"{place}.dynamicStableScale: Invalid value: Canary dynamicStableScale can only be used with traffic routing"
    if strategy.dynamic_stable_scale and strategy.scale_down_delay_seconds is not None:
        yield f"{place}.dynamicStableScale: Invalid value: Canary dynamicStableScale cannot be used with scaleDownDelaySeconds"
    for number, step in enumerate(strategy.steps):
        yield from _step(rollout, f"{place}.steps[{number}]", step)


def surge_and_unavailable_are_zero(rollout: Rollout) -> bool:
    strategy = defaults.canary(rollout)
    return _is_zero(strategy.max_surge) and _is_zero(strategy.max_unavailable)


def _is_zero(amount: int | str | None) -> bool:
    return amount is not None and str(amount).removesuffix("%") in ("0", "00")


def _amount(place: str, amount: int | str) -> Iterator[str]:
    try:
        found = amounts.resolve(amount, 100, round_up=True)
    except ValueError as error:
        yield f"{place}: Invalid value: {error}"
        return
    if found < 0:
        yield f"{place}: Invalid value: {amount}: must be greater than or equal to 0"


def _canary_services(rollout: Rollout) -> Iterator[str]:
    strategy = defaults.canary(rollout)
    place = "spec.strategy.canary"
    if strategy.stable_service and strategy.stable_service == strategy.canary_service:
        yield f"{place}.stableService: Invalid value: This rollout uses the same service for the stable and canary services, but two different services are required."
    ping_pong = strategy.ping_pong
    if ping_pong is not None and ping_pong.ping_service == ping_pong.pong_service:
        yield f"{place}.pingPong: Invalid value: This rollout uses the same service for the ping and pong services, but two different services are required."
    routing = strategy.traffic_routing
    if routing is None:
        return
    if not _has_router(routing, ROUTERS):
        # Steps that no router hears of would let a release pass unproved.
        yield f"{place}.trafficRouting: Invalid value: it names no router"
    by_subsets = routing.istio is not None and routing.istio.destination_rule is not None
    if routing.istio is not None and not (routing.istio.virtual_service or routing.istio.virtual_services):
        yield f"{place}.trafficRouting.istio: Invalid value: either virtualService or virtualServices must be set"
    if routing.istio is not None and routing.istio.virtual_service and routing.istio.virtual_services:
        yield f"{place}.trafficRouting.istio: Invalid value: Istio can have either virtualService or virtualServices, not both"
    if ping_pong is None and not by_subsets and not (strategy.canary_service and strategy.stable_service):
        yield f"{place}.trafficRouting: Invalid value: trafficRouting requires canaryService and stableService"


def _step(rollout: Rollout, place: str, step: CanaryStep) -> Iterator[str]:
    kinds = [name for name in step.__struct_fields__ if getattr(step, name) is not None]
    if len(kinds) != 1:
        yield f"{place}: Invalid value: Step must have one of the following set: experiment, setWeight, setCanaryScale, plugin or pause"
        return
    most = defaults.max_weight(rollout)
    if step.set_weight is not None and not 0 <= step.set_weight <= most:
        yield f"{place}.setWeight: Invalid value: {step.set_weight}: SetWeight needs to be between 0 and max weight"
    if step.pause is not None and step.pause.duration is not None:
        fault = steps.pause_fault(step.pause.duration)
        if fault:
            yield f"{place}.pause.duration: Invalid value: {step.pause.duration}: {fault}"
    if step.experiment is not None and step.experiment.duration and durations.parse(step.experiment.duration) is None:
        said = f"{step.experiment.duration!r} is no duration such as 10m"
        yield f"{place}.experiment.duration: Invalid value: {said}"
    if step.plugin is not None and not program_names.is_name(step.plugin.name):
        yield f'{place}.plugin.name: Invalid value: "{step.plugin.name}": a plugin is named like NAME or OWNER/NAME'
    yield from _routed_step(rollout, place, step)


def _routed_step(rollout: Rollout, place: str, step: CanaryStep) -> Iterator[str]:
    routing = defaults.canary(rollout).traffic_routing
    managed = {route.name for route in routing.managed_routes} if routing is not None else set()
    if step.set_canary_scale is not None:
        scale = step.set_canary_scale
        if routing is None:
            yield f"{place}.setCanaryScale: Invalid value: SetCanaryScale requires TrafficRouting to be set"
        chosen = (scale.weight is not None) + (scale.replicas is not None) + scale.match_traffic_weight
        if chosen > 1:
            yield f"{place}.setCanaryScale: Invalid value: SetCanaryScale takes one of weight, replicas, matchTrafficWeight"
    if step.set_header_route is not None:
        if routing is None or not _has_router(routing, ROUTERS_FOR_HEADERS):
            yield f"{place}.setHeaderRoute: Invalid value: SetHeaderRoute requires TrafficRouting, supports Istio and ALB and Apisix"
        elif step.set_header_route.name not in managed:
            yield f'{place}.setHeaderRoute: Invalid value: "{step.set_header_route.name}" is not among managedRoutes'
    if step.set_mirror_route is not None:
        if routing is None or not _has_router(routing, ("istio", "plugins", "traefik")):
            yield f"{place}.setMirrorRoute: Invalid value: SetMirrorRoute requires TrafficRouting, supports Istio only"
        elif step.set_mirror_route.name not in managed:
            yield f'{place}.setMirrorRoute: Invalid value: "{step.set_mirror_route.name}" is not among managedRoutes'


def _has_router(routing: Any, names: tuple[str, ...]) -> bool:
    return any(getattr(routing, name) for name in names)


def selector_problem(selector: dict[str, Any], template: KubeObject) -> str:
    """A selector that does not select the template's pods would make pods without end."""
    labels = (template.get("metadata") or {}).get("labels") or {}
    try:
        chosen = selectors.from_object(selector)
    except ValueError as error:
        return f"spec.selector: Invalid value: {error}"
    if not chosen.requirements:
        return "spec.selector: Invalid value: empty selector is invalid for deployment"
    return (
        "" if chosen.matches(labels) else "spec.template.metadata.labels: `selector` does not match template `labels`"
    )


def service_names(rollout: Rollout) -> list[tuple[str, str]]:
    """Field and name of every service that must be there."""
    strategy = rollout.spec.strategy.blue_green
    if strategy is not None:
        named = [("blueGreen.activeService", strategy.active_service)]
        return [*named, ("blueGreen.previewService", strategy.preview_service)] if strategy.preview_service else named
    canary_name, stable_name = routes.services(rollout)
    named = [("canary.canaryService", canary_name), ("canary.stableService", stable_name)]
    return [(field, name) for field, name in named if name]


def service_problem(rollout: Rollout, field: str, name: str, service: KubeObject | None, template: KubeObject) -> str:
    if service is None:
        return f'spec.strategy.{field}: Invalid value: "{name}": service "{name}" not found'
    owner = annotations_of(service).get(replica_sets.MANAGED_BY, rollout.metadata.name)
    if owner != rollout.metadata.name:
        return f'spec.strategy.{field}: Invalid value: "{name}": Service "{name}" is managed by another Rollout'
    labels: Mapping[str, str] = (template.get("metadata") or {}).get("labels") or {}
    selected: dict[str, str] = (service.get("spec") or {}).get("selector") or {}
    for key, value in selected.items():
        if key != HASH_LABEL and labels.get(key) != value:
            return (
                f'spec.strategy.{field}: Invalid value: "{name}": Service "{name}" has unmatch label "{key}" in rollout'
            )
    return ""


def sound_services(rollout: Rollout, services: Mapping[str, KubeObject], template: KubeObject) -> dict[str, KubeObject]:
    """Those that the Rollout may lead to its pods."""
    return {
        name: services[name]
        for field, name in service_names(rollout)
        if name in services and not service_problem(rollout, field, name, services[name], template)
    }


def references_problem(rollout: Rollout, services: Mapping[str, KubeObject], template: KubeObject) -> str:
    for field, name in service_names(rollout):
        found = service_problem(rollout, field, name, services.get(name), template)
        if found:
            return found
    return ""
