"""A Rollout that cannot be carried out for now: something that it names is missing, or does not fit.

Nothing is begun: no new set, no step, no analysis, no promotion. What is there is still looked after: an abort (a person's,
its group's, or that of an analysis under way) ends the release, and the sets follow `spec.replicas`. While the routers
cannot be told anything, no set is taken below what the traffic that they were told last needs.
"""

from __future__ import annotations

from holdfast.engine.rollout import (
    analysis,
    blue_green,
    canary,
    defaults,
    group,
    replacing,
    scaling,
    step_plugins,
)
from holdfast.engine.rollout.draft import Draft


def proceed(draft: Draft, *, is_reachable: bool) -> None:
    """`is_reachable` says that services and routers are as they should be, and only an analysis could not be started."""
    if draft.seen.in_place is not None and not is_reachable:
        # The workload may be another one's.
        return
    group.follow_abort(draft)
    draft.date_abort()
    if not draft.status.abort and not draft.is_promoted:
        analysis.heed(draft)
    strategy = defaults.blue_green(draft.rollout)
    if strategy is not None:
        blue_green.hold(draft, strategy)
    else:
        _canary(draft, is_reachable=is_reachable)
    if draft.status.abort:
        step_plugins.close(draft)


def _canary(draft: Draft, *, is_reachable: bool) -> None:
    if draft.status.abort:
        canary.go_back(draft)
    if draft.seen.in_place is not None:
        if draft.status.abort and draft.seen.in_place.wanted == draft.status.current_pod_hash:
            replacing.proceed(draft, draft.seen.in_place)
        return
    if is_reachable:
        canary.route(draft)
    scaling.canary(draft, is_traffic_told=is_reachable)
