"""What must hold at every write of a simulation of Rollouts."""

from __future__ import annotations

import copy
from typing import Any, Final

from holdfast.engine.rollout import defaults, steps
from holdfast.engine.rollout.pod_templates import comparable, of_set
from holdfast.model.kube import KubeObject, annotations_of, is_being_deleted, kind_of, labels_of, name_of
from holdfast.model.rollout import Rollout
from holdfast.testing.invariants import ENGINE, Write
from holdfast.testing.rollout_beginnings import BeginningInvariants
from holdfast.testing.rollout_groups import GroupInvariants
from holdfast.testing.rollout_in_place_invariants import InPlaceInvariants
from holdfast.testing.rollout_judgements import Judgements
from holdfast.testing.rollout_plans import BASIC, BLUE_GREEN, HASH_LABEL, IN_PLACE, RolloutPlan
from holdfast.testing.rollout_promises import Promises
from holdfast.testing.rollout_routers import RouterInvariants
from holdfast.testing.rollout_scales import fewest_asked_for
from holdfast.testing.rollout_views import VIEW
from holdfast.testing.rollout_watching import SeenRollout, Watching, desired, hash_of, primary, subset_hashes, weights

PERSON: Final = "person"
REVISION: Final = "rollout.argoproj.io/revision"
WRITTEN: Final = frozenset(
    {
        "rollouts",
        "replicasets",
        "services",
        "virtualservices",
        "destinationrules",
        "analysisruns",
        "experiments",
        "events",
        "pods",
        "deployments",
        "statefulsets",
        "daemonsets",
        "controllerrevisions",
    }
)
WORKLOADS: Final = frozenset({"deployments", "statefulsets", "daemonsets"})
OVER: Final = frozenset({"Successful", "Failed", "Error", "Inconclusive"})


class RolloutInvariants:
    """Watches over every write. What it finds wrong is kept in `violations`.

    `lag` is how many seconds old the view may be that a write was decided on: what was true at some moment within them
    justifies it.
    """

    def __init__(self, plans: list[RolloutPlan], lag: float) -> None:
        self.violations: list[str] = []
        self.engine_writes = 0
        self.watching = Watching()
        self._plans = {one.name: one for one in plans}
        self._services = {service: one for one in plans for service in one.services}
        self._lag = lag
        self._in_place = InPlaceInvariants(self._plans, self.watching, lag, self.fail)
        self._promises = Promises(self._plans, self.watching, self.fail)
        self._groups = GroupInvariants(self.watching, self.fail)
        self._beginnings = BeginningInvariants(self._plans, self.watching, self.fail)
        self._judgements = Judgements(self._plans, self.watching, self.fail)
        self.routers = RouterInvariants(self._plans, self.watching, lag, self.fail)

    def fail(self, invariant: str, what: str) -> None:
        self.violations.append(f"{invariant}: {what}")

    def saw(self, plural: str, name: str, write: Write) -> None:
        """Checks come first: they compare the write with what was there before it."""
        if write.actor == ENGINE:
            self.engine_writes += 1
            self._by_engine(plural, name, write)
        elif write.actor == PERSON:
            self._by_person(plural, name, write)
        self.watching.saw(plural, name, write.after, write.at)
        self.routers.look(write.at)
        if plural == "analysisruns" and write.after is not None:
            self._notes_failure(write.after, write.at)

    def _by_engine(self, plural: str, name: str, write: Write) -> None:
        if plural not in WRITTEN:
            self.fail("only what a Rollout owns or names is written", f"{plural} {name}")
        match plural, write.before, write.after:
            case "replicasets", None, dict(after):
                self._makes_a_set_once(after)
            case "replicasets", dict(before), dict(after):
                self._scales(before, after, write.at)
            case "services", dict(), dict(after):
                self._switches(name, after, write.at)
            case "virtualservices", dict(before), dict(after):
                self._routes(name, before, after, write.at)
            case "destinationrules", dict(before), dict(after):
                self._selects(name, before, after, write.at)
            case "rollouts", dict(before), dict(after):
                self._reports(name, before, after, write.at)
            case "analysisruns" | "experiments", None, dict(after):
                self._starts_a_run_once(after)
            case "pods", dict(before), _ if write.deletes:
                self._restarts(before, write.at)
            case "statefulsets" | "daemonsets", dict(before), dict(after):
                self._in_place.changes(before, after)
            case "deployments", dict(before), dict(after):
                self._lends(name, before, after, write.at)
            case _:
                return

    def _by_person(self, plural: str, name: str, write: Write) -> None:
        seen = self.watching.rollouts.get(name) if plural == "rollouts" else None
        if seen is not None and write.before is not None and write.after is not None:
            seen.asked += 1
            status = write.after.get("status") or {}
            is_new = write.before["spec"].get("template") != write.after["spec"].get("template")
            before, after = write.before.get("status") or {}, write.after.get("status") or {}
            if (
                is_new
                or _steps_of(write.before) != _steps_of(write.after)
                or (before.get("abort") and not after.get("abort"))
            ):
                seen.failed.clear()
                seen.aborted.clear()
            elif (
                after.get("abort")
                and not before.get("abort")
                and status.get("stableRS") != status.get("currentPodHash")
            ):
                seen.aborted.add(str(status.get("currentPodHash")))
            elif before != after:
                seen.failed.clear()
        elif plural in WORKLOADS and write.before is not None and write.after is not None:
            self._lends_another(name, write.before, write.after, write.at)
        elif plural == "virtualservices" and (seen := self.watching.rollouts.get(name)) is not None:
            seen.routes_edited_at = write.at
        elif plural == "pods" and write.obj and (seen := self.watching.owner_of_pod(write.obj)) is not None:
            seen.disturbed_at = write.at
        elif plural in ("replicasets", "analysisruns") and (seen := self.watching.rollout_of(write.obj)) is not None:
            seen.disturbed_at = write.at
            seen.asked += 1
            seen.lost_sets = seen.lost_sets or plural == "replicasets"

    def _lends_another(self, name: str, before: KubeObject, after: KubeObject, at: float) -> None:
        seen = self.watching.rollouts.get(name)
        if seen is None:
            return
        seen.asked += 1
        if before["spec"].get("replicas") != after["spec"].get("replicas"):
            seen.disturbed_at = at
        if before["spec"]["template"] != after["spec"]["template"]:
            seen.failed.clear()
            seen.aborted.clear()

    def _notes_failure(self, run: KubeObject, at: float) -> None:
        seen = self.watching.rollout_of(run)
        if seen is not None and (run.get("status") or {}).get("phase") in ("Failed", "Error", "Inconclusive"):
            seen.failed.setdefault(hash_of(run), at)

    def _makes_a_set_once(self, made: KubeObject) -> None:
        seen = self.watching.rollout_of(made)
        if seen is None:
            return
        self._beginnings.makes_a_set(seen, made)
        for other in self.watching.owned(seen):
            if comparable(of_set(other)) == comparable(of_set(made)):
                self.fail("one ReplicaSet for a template", f"{name_of(made)} is made beside {name_of(other)}")

    def _starts_a_run_once(self, made: KubeObject) -> None:
        """For a step of a revision another one is started only after a person has asked for something."""
        seen = self.watching.rollout_of(made)
        if seen is None:
            return
        self._beginnings.starts_a_run(seen, made)
        if kind_of(made) == "Experiment":
            return
        labels = labels_of(made)
        revision = annotations_of(made).get(REVISION, "")
        place = (labels.get("rollout-type", ""), hash_of(made), revision, labels.get("step-index", ""), str(seen.asked))
        if place in seen.runs:
            self.fail("one AnalysisRun for a step of a revision", f"{name_of(made)} is one too many: {place}")
        seen.runs.add(place)

    def _scales(self, before: KubeObject, after: KubeObject, at: float) -> None:
        seen = self.watching.rollout_of(after)
        if seen is None or desired(before) == desired(after) or is_being_deleted(after):
            return
        plan, view = self._plans[seen.rollout.metadata.name], VIEW.get()
        if desired(after) < desired(before) and view is not None:
            self._promises.scales_down(view, seen, after)
        if desired(after) > desired(before):
            self._keeps_below_the_most(seen, plan, after, at)
        elif at - seen.disturbed_at > self._lag:
            self._keeps_what_is_promised(seen, plan, before, after, at)

    def _keeps_below_the_most(self, seen: SeenRollout, plan: RolloutPlan, after: KubeObject, at: float) -> None:
        most = max(seen.most.since(at - self._lag))
        if plan.style == BASIC:
            others = [one for one in self.watching.owned(seen) if name_of(one) != name_of(after)]
            total = desired(after) + sum(desired(one) for one in others)
        else:
            least = defaults.canary(seen.rollout).min_pods_per_replica_set or 0
            preview = plan.strategy.get("blueGreen", {}).get("previewReplicaCount", 0)
            total, most = desired(after), max(most, least, preview, max(seen.most_scaled.since(at - self._lag)))
        if total > most:
            self.fail("never more pods than replicas and maxSurge", f"{name_of(after)}: {total} of {most}")

    def _keeps_what_is_promised(
        self, seen: SeenRollout, plan: RolloutPlan, before: KubeObject, after: KubeObject, at: float
    ) -> None:
        since = at - self._lag
        if plan.style == BASIC:
            others = [one for one in self.watching.owned(seen) if name_of(one) != name_of(after)]
            beside = sum(min(desired(one), self.watching.serving(one)) for one in others)
            had, left = (beside + min(desired(one), self.watching.serving(after)) for one in (before, after))
            promised = min(seen.promised.since(since))
        else:
            share, most = self._share(seen, plan, hash_of(after)), defaults.max_weight(seen.rollout)
            had, left = (min(desired(one), self.watching.serving(after)) for one in (before, after))
            promised = min(seen.replicas.since(since)) * share // most
            if hash_of(after) != seen.rollout.status.stable_rs:
                promised = min(promised, fewest_asked_for(seen.rollout))
        # Pods that did not serve in the view that was decided on were free to go.
        least = self.watching.least_serving(after, since)
        was_lost = min(desired(after), least) < min(desired(before), least)
        if was_lost and left < had and left < promised:
            self.fail(
                "never fewer available pods than promised",
                f"{name_of(after)} is scaled to {desired(after)}: {left} are left of {had}, {promised} are promised",
            )

    def _lends(self, name: str, before: KubeObject, after: KubeObject, at: float) -> None:
        seen, view = self.watching.rollouts.get(name), VIEW.get()
        if seen is None or view is None:
            return
        self._promises.gives_up(view, seen, before, after)
        missing = self._promises.lacks_both(seen, before, after, at - self._lag)
        if missing and desired(after) < desired(before) and at - seen.disturbed_at > self._lag:
            self.fail("a workload and its Rollout have the promised pods together", missing)

    def _share(self, seen: SeenRollout, plan: RolloutPlan, hash_: str) -> int:
        """Of the traffic that goes to the pods of that hash now."""
        most = defaults.max_weight(seen.rollout)
        services = self.watching.services
        if plan.style == BLUE_GREEN:
            return most if services.get(f"{plan.name}-active") == hash_ else 0
        live = self.watching.virtual_services.get(plan.name)
        shares = weights(live) if live is not None else {}
        return sum(share for host, share in shares.items() if services.get(host) == hash_)

    def _switches(self, name: str, after: KubeObject, at: float) -> None:
        plan = self._services.get(name)
        if plan is None and not _is_of_experiment(after):
            self.fail("only what a Rollout owns or names is written", f"Service {name}")
        seen = self.watching.rollouts.get(plan.name) if plan is not None else None
        if seen is not None:
            self._moves(seen, name, _selector_hash(after), at)

    def _selects(self, name: str, before: KubeObject, after: KubeObject, at: float) -> None:
        """Of a DestinationRule only the hashes of the two subsets are written; they are what services are elsewhere."""
        if _without_hashes(before) != _without_hashes(after):
            self.fail("of a DestinationRule only the hashes are written", f"{before['spec']} became {after['spec']}")
        if (seen := self.watching.rollouts.get(name)) is not None:
            self._moves(seen, f"{name}-stable", subset_hashes(after)["stable"], at)

    def _moves(self, seen: SeenRollout, name: str, new: str, at: float) -> None:
        """A service, or the subset that stands for it, from one set to another."""
        old, since = self.watching.services.get(name, ""), at - self._lag
        if old == new or not self.watching.best_serving(seen, old, since) or not name.endswith(("-stable", "-active")):
            return
        best = self.watching.best_serving(seen, new, since)
        promised = min(seen.promised.since(since)) if new != seen.rollout.status.stable_rs else 0
        if best < promised and at - seen.disturbed_at > self._lag:
            self.fail(
                "the stable service selects only pods that serve",
                f"{name} selects {new}, of which {best} of {promised} serve",
            )

    def _routes(self, name: str, before: KubeObject, after: KubeObject, at: float) -> None:
        seen = self.watching.rollouts.get(name)
        if seen is None:
            if name not in self._plans:
                self.fail("only what a Rollout owns or names is written", f"VirtualService {name}")
            return
        if _without_weights(before) != _without_weights(after):
            self.fail("of a VirtualService only the weights are written", f"{before['spec']} became {after['spec']}")
        most = defaults.max_weight(seen.rollout)
        was, now = weights(before), weights(after)
        if sum(now.values()) != most:
            self.fail("the weights are the whole", f"{name}: {now}")
        host = f"{name}-canary"
        share = now.get(host, 0)
        if share <= was.get(host, 0):
            return
        since = at - self._lag
        best = self.watching.best_serving(seen, self.watching.services.get(host, ""), since)
        wanted = min(seen.replicas.since(since))
        if best < fewest_asked_for(seen.rollout) and share > (-(-most * best // wanted) if wanted else most):
            self.fail("no more traffic than the pods can carry", f"{host} gets {share} with {best} pods of {wanted}")

    def _reports(self, name: str, before: KubeObject, after: KubeObject, at: float) -> None:
        seen = self.watching.rollouts[name]
        was, now = before.get("status") or {}, after.get("status") or {}
        revisions = [int(annotations_of(one).get(REVISION, 0)) for one in (before, after)]
        if revisions[1] < revisions[0] and not seen.lost_sets:
            self.fail("the revision never goes back", f"{name}: {annotations_of(before)} {annotations_of(after)}")
        same = all(was.get(one) == now.get(one) for one in ("currentPodHash", "currentStepHash"))
        index = was.get("currentStepIndex"), now.get("currentStepIndex")
        if same and not now.get("abort") and None not in index and int(index[1] or 0) < int(index[0] or 0):
            self.fail("the step never goes back", f"{name}: from {index[0]} to {index[1]}")
        self._beginnings.reports(seen, was, now)
        if (view := VIEW.get()) is not None:
            self._groups.reports(view, before, after)
            self._judgements.reports(view, seen, before, after)
        is_promotion = now.get("stableRS") == now.get("currentPodHash")
        if was.get("stableRS") and now.get("stableRS") != was.get("stableRS") and is_promotion:
            self._promotes(seen, now, at)

    def _promotes(self, seen: SeenRollout, now: dict[str, Any], at: float) -> None:
        hash_, name = str(now.get("stableRS")), seen.rollout.metadata.name
        since = at - self._lag
        failed = seen.failed.get(hash_)
        if failed is not None and failed < since:
            self.fail("what an analysis has refused is not promoted", f"{name}: {hash_} was refused at {failed:.1f}")
        if hash_ in seen.aborted and not self._in_place.is_completed(seen, hash_):
            self.fail("what a person has aborted is not promoted", f"{name}: {hash_}")
        plan = self._plans[name]
        if plan.style == IN_PLACE:
            self._in_place.promotes(seen, hash_, at)
            return
        wanted = min((seen.promised if plan.style == BLUE_GREEN else seen.replicas).since(since))
        best = self.watching.best_serving(seen, hash_, since)
        if best < wanted and at - seen.disturbed_at > self._lag:
            self.fail("only what serves is promoted", f"{name}: {best} pods of {hash_} of {wanted}")
        index = now.get("currentStepIndex")
        if plan.style != BLUE_GREEN and index is not None and index < steps.count(seen.rollout):
            self.fail("only what has passed its steps is promoted", f"{name}: {hash_} at step {index}")

    def _restarts(self, pod: KubeObject, at: float) -> None:
        seen = self.watching.owner_of_pod(pod)
        if seen is not None and self._in_place.is_about(seen):
            self._in_place.deletes(seen, pod, at)
            return
        if seen is None or not seen.restarts:
            self.fail("a pod is deleted only for a restart", name_of(pod))
            return
        room = max(defaults.max_unavailable(seen.rollout), 1)
        left = sum(pod.serves for pod in self.watching.pods_of(self.watching.owned(seen))) - 1
        least = min(seen.replicas.since(at - self._lag)) - room
        if left < least and at - seen.disturbed_at > self._lag:
            self.fail("a restart leaves as many pods as promised", f"{name_of(pod)}: {left} are left, not {least}")


def _steps_of(rollout: KubeObject) -> Any:
    return (rollout["spec"]["strategy"].get("canary") or {}).get("steps")


def _selector_hash(service: KubeObject) -> str:
    return str((service["spec"].get("selector") or {}).get("rollouts-pod-template-hash") or "")


def _without_weights(virtual_service: KubeObject) -> Any:
    spec = {"spec": copy.deepcopy(virtual_service["spec"])}
    for route in primary(spec):
        for destination in route.get("route") or []:
            destination.pop("weight", None)
    return spec


def _without_hashes(rule: KubeObject) -> Any:
    """Only the Rollout's own subsets may have one."""
    spec = copy.deepcopy(rule["spec"])
    for subset in spec["subsets"]:
        if subset["name"] in ("canary", "stable"):
            subset["labels"].pop(HASH_LABEL, None)
    return spec


def phase_of(rollout: Rollout) -> str:
    """Of the spec that is there now, "" while it was not seen."""
    is_seen = rollout.status.observed_generation == str(rollout.metadata.generation)
    return rollout.status.phase if is_seen else ""


def _is_of_experiment(service: KubeObject) -> bool:
    return any(owner["kind"] == "Experiment" for owner in service["metadata"].get("ownerReferences") or [])
