"""What a comparison says about an application."""

from __future__ import annotations

import msgspec

from holdfast.controllers.application.observe import Observed
from holdfast.controllers.application.world import World
from holdfast.engine.access import orphans
from holdfast.engine.flow import application as flow
from holdfast.engine.flow import spec
from holdfast.engine.status import compose, conditions, render_notes
from holdfast.model.application import Application, ApplicationCondition
from holdfast.model.desired import Targets
from holdfast.model.names import ConditionType


def findings(world: World, app: Application, observed: Observed) -> compose.Findings:
    desired = observed.desired
    if desired is None:
        return flow.not_compared(app, observed.live, observed.conditions, world.namespace)
    states = flow.compared(app, desired.targets, observed.live, desired.predictions, desired.ignored)
    whole = flow.found(
        app,
        states,
        desired.targets,
        observed.live,
        pinned=desired.pinned,
        source_types=desired.source_types,
        control_namespace=world.namespace,
    )
    noted = world.render_notes.at(app.metadata.key, desired.pinned.revisions)
    untold = (note for note in noted if note not in desired.targets.told)
    warnings = (*render_notes.warnings(untold), *_orphans(world, app, desired.targets))
    return msgspec.structs.replace(whole, conditions=(*whole.conditions, *observed.conditions, *warnings))


def _orphans(world: World, app: Application, targets: Targets) -> tuple[ApplicationCondition, ...]:
    """Looked for only where the project asks, as it goes through all that is known."""
    project = world.project(spec.project_of(app))
    if project is None or not orphans.are_watched(project):
        return ()
    wanted = {target.key for target in targets.objects}
    unowned = world.view.unowned_in(app.spec.destination.namespace)
    message = orphans.warning(orphans.orphans(project, (key for key in unowned if key not in wanted)))
    return (conditions.condition(ConditionType.ORPHANED_RESOURCE_WARNING, message),) if message else ()
