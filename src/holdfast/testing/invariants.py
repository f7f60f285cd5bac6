"""What must hold at every moment of a simulation, told from the writes that reach the cluster and from what is said."""

from __future__ import annotations

import contextvars
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Struct

from holdfast.engine.plan import hooks, options, tracking
from holdfast.engine.record import packing
from holdfast.engine.status import times
from holdfast.model.application import Operation
from holdfast.model.keys import ObjectKey
from holdfast.model.kube import (
    KubeObject,
    annotations_of,
    finalizers_of,
    is_being_deleted,
    key_of,
    metadata_of,
    uid_of,
)
from holdfast.model.names import GROUP, Annotation, Finalizer, OperationPhase
from holdfast.testing.simulated_git import AppPlan, SimulatedGit
from holdfast.testing.simulated_manifests import Secrets
from holdfast.testing.sync_order import SyncOrder, attempt_of, is_whole

ENGINE = "engine"
ACTOR: contextvars.ContextVar[str] = contextvars.ContextVar("actor", default="cluster")
"""Who makes the write that is being carried out."""

SENT: contextvars.ContextVar[float] = contextvars.ContextVar("sent", default=float("inf"))
"""When the sender of the write that is being carried out sent it; it may have died since."""

RESOURCES = frozenset({Finalizer.RESOURCES, Finalizer.RESOURCES_FOREGROUND, Finalizer.RESOURCES_BACKGROUND})
CONTROL_NAMESPACE = "argocd"
LEDGER_KEY = ObjectKey("", "Secret", CONTROL_NAMESPACE, "holdfast-ledger-key")
IN_ORDER = "phases and waves are waited for"
FROM_A_RECORD = "; from the record "
IN_PROGRESS = frozenset({OperationPhase.RUNNING, OperationPhase.TERMINATING})


class Violation(Exception):
    """An invariant that does not hold; the message says which, and on what."""


class Write(Struct, frozen=True):
    """One change of the cluster; `before` is None for a creation, `after` for the end of an object."""

    actor: str
    before: KubeObject | None
    after: KubeObject | None
    at: float = 0.0

    @property
    def obj(self) -> KubeObject:
        return self.after or self.before or {}

    @property
    def key(self) -> ObjectKey:
        return key_of(self.obj)

    @property
    def deletes(self) -> bool:
        if self.after is None:
            return self.before is not None and not is_being_deleted(self.before)
        return is_being_deleted(self.after) and not (self.before is not None and is_being_deleted(self.before))


class _HookRun(Struct, frozen=True):
    """A sync is named by its application and the second of its start: two applications may begin in the same."""

    hook: ObjectKey
    owner: str
    operation: str


class Invariants:
    """Watches over every write. What it finds wrong is kept in `violations`."""

    def __init__(self, git: SimulatedGit, secrets: Secrets, apps: list[AppPlan]) -> None:
        self.violations: list[str] = []
        self.engine_writes = 0
        self._git = git
        self._secrets = secrets
        self._apps = {app.name: app for app in apps}
        self._applications: dict[str, KubeObject] = {}
        self._hook_runs: dict[_HookRun, int] = {}
        self._order = SyncOrder()
        self._without_secret: dict[str, tuple[str, str]] = {}
        self._approved: set[tuple[str, str]] = set()

    def saw(self, write: Write) -> None:
        if write.key.group_kind.group == GROUP and write.key.kind == "Application":
            self._saw_application(write)
            return
        self._order.saw(write.before, write.after, by_engine=write.actor == ENGINE)
        if write.key.kind == "Approval":
            self._approved.add((write.obj["spec"]["application"], write.obj["spec"]["revision"]))
        elif write.actor == ENGINE and write.key.kind == "Event":
            self._tells_no_secret("an Event", str(write.obj))
        elif write.actor == ENGINE and write.key.kind == "SyncRecord":
            content = packing.unpack((write.obj.get("spec") or {}).get("content") or "")
            self._tells_no_secret(f"SyncRecord {write.key.name}", f"{write.obj} {content}")
        elif write.actor == ENGINE and write.key == LEDGER_KEY:
            if write.before is not None:
                self.fail("the key of the ledger never changes", str(write.key))
        elif write.actor == ENGINE:
            self._stays_with_its_own(write)
            self._keeps_the_order(write)
            if write.deletes:
                self._deletes_only_the_unwanted(write)
            if write.before is None:
                self._runs_hooks_once(write)
        if write.actor == ENGINE:
            self.engine_writes += 1

    def heard(self, text: str) -> None:
        """A line of the log, an error."""
        self._tells_no_secret("a log line", text)

    def fail(self, invariant: str, what: str) -> None:
        self.violations.append(f"{invariant}: {what}")

    def _tells_no_secret(self, where: str, text: str) -> None:
        told = self._secrets.told_in(text)
        if told:
            self.fail("no secret is told", f"{where} holds {told}: {text[:2000]}")

    def _saw_application(self, write: Write) -> None:
        name = write.key.name
        if write.after is None:
            self._applications.pop(name, None)
            self._without_secret.pop(name, None)
        else:
            self._applications[name] = write.after
        if write.actor == ENGINE:
            self.engine_writes += 1
            self._lets_go_last(name, write)
        if write.after is None:
            return
        self._order.began(write.after, write.at)
        self._went_without_secret_by_a_record(name, write.after)
        self._tells_no_secret(f"Application {name}", str(write.after))
        if write.before is not None and uid_of(write.before) == uid_of(write.after):
            for problem in backward_steps(write.before.get("status") or {}, write.after.get("status") or {}):
                self.fail("the status never goes back", f"{name}: {problem}")
            if write.actor == ENGINE:
                self._begins_what_was_asked_for(write.before, write.after)
                self._holds_off(write.before, write.after)
                for told in self._order.slandered(write.after):
                    self.fail("a hook is called failed only when it has failed", f"{name}: {told}")

    def _holds_off(self, before: KubeObject, after: KubeObject) -> None:
        """What somebody rolled back from is not synced by itself."""
        held = annotations_of(before).get(Annotation.HOLD)
        state = (after.get("status") or {}).get("operationState") or {}
        if not held or state.get("startedAt") == _started(before.get("status") or {}):
            return
        automated = ((state.get("operation") or {}).get("initiatedBy") or {}).get("automated")
        if automated and (state.get("syncResult") or {}).get("revision") == held:
            self.fail("a held revision is not synced", f"{key_of(after).name} to {held}")

    def _waits_for_approval(self, app: KubeObject, state: dict[str, Any], written: ObjectKey) -> None:
        revision = (state.get("syncResult") or {}).get("revision", "")
        name, known = key_of(app).name, [entry.get("revision") for entry in app["status"].get("history") or ()]
        if self._apps[name].needs_approval and (name, revision) not in self._approved and revision not in known:
            self.fail("nothing is synced that nobody approved", f"{written} by a sync of {name} to {revision}")

    def _lets_go_last(self, name: str, write: Write) -> None:
        """The finalizer that stands for the objects goes when they have gone."""
        before = set(finalizers_of(write.before or {})) & RESOURCES
        if not before or before & set(finalizers_of(write.after or {})):
            return
        for key, live in self._order.live.items():
            if owner_of(live) == name and not options.survives_deletion(live, ()) and not hooks.is_hook(live):
                self.fail("the finalizer goes last", f"{name} let go while {key} is there")

    def _keeps_the_order(self, write: Write) -> None:
        if (
            write.after is None
            or write.deletes
            or (write.before is not None and _generation(write.before) == _generation(write.after))
        ):
            return
        app = self._applications.get(owner_of(write.after))
        if app is None or is_being_deleted(app) or not attempt_of(app):
            return
        if SENT.get() < self._order.began_at(key_of(app).name):
            return  # It was on its way when its sender died, or had given up.
        state = app["status"]["operationState"]
        if ((state.get("operation") or {}).get("sync") or {}).get("dryRun"):
            self.fail("a rehearsal writes nothing", str(write.key))
        self._waits_for_approval(app, state, write.key)
        wish = self._git.wishes.get(((state.get("syncResult") or {}).get("revision", ""), key_of(app).name))
        if wish is None or not is_whole(app):
            return
        early = self._order.too_early(app, wish, write.after)
        if not early:
            return
        told = f"{write.key} was written before {early} was through"
        if early.startswith("Secret "):
            self._without_secret[key_of(app).name] = attempt_of(app), told
        else:
            self.fail(IN_ORDER, told)

    def _went_without_secret_by_a_record(self, name: str, app: KubeObject) -> None:
        """The record of an earlier sync holds no Secret, so one that goes by it has none to wait for. It says so at its
        end."""
        attempt, told = self._without_secret.get(name, ("", ""))
        if not told or attempt_of(app) == attempt:
            return
        del self._without_secret[name]
        state = (app.get("status") or {}).get("operationState") or {}
        is_tried_again = bool(attempt_of(app)) and state.get("startedAt") == attempt.partition("/")[0]
        if not is_tried_again and FROM_A_RECORD not in str(state.get("message")):
            self.fail(IN_ORDER, told)

    def _begins_what_was_asked_for(self, before: KubeObject, after: KubeObject) -> None:
        asked = before.get("operation")
        if not asked or after.get("operation"):
            return
        begun = ((after.get("status") or {}).get("operationState") or {}).get("operation") or {}
        wanted, got = (msgspec.convert(one, Operation) for one in (asked, begun))
        if (wanted.initiated_by, wanted.sync) != (got.initiated_by, got.sync):
            self.fail("what was asked for is begun", f"{asked} was taken away, and {begun} was begun")

    def _stays_with_its_own(self, write: Write) -> None:
        """Of another application's objects, and of those of nobody, only what Git gives to this one is written."""
        key = write.key
        if key.kind == "Namespace" and write.deletes:
            self.fail("nothing foreign is touched", f"the namespace {key.name} was deleted")
        if hooks.OPERATION in annotations_of(write.obj):
            if write.after is not None and write.before is not None and owner_of(write.before) != owner_of(write.after):
                self.fail("nothing foreign is touched", f"the hook {key} of {owner_of(write.before)} was taken over")
            return
        if key.kind == "Namespace":
            return
        wanting = self._git.ever_wanted.get(key, set())
        if not wanting:
            self.fail("nothing foreign is touched", f"{key} was written, and no application ever wanted it")
        owner = owner_of(write.before)
        if write.deletes and not owner:
            self.fail("nothing foreign is touched", f"{key} was deleted without a tracking id")
        after = owner_of(write.after)
        if after and after not in wanting:
            self.fail("nothing foreign is touched", f"{key} was given to {after}, which never wanted it")

    def _deletes_only_the_unwanted(self, write: Write) -> None:
        """Allowed: a hook that has ended; what goes with its application; what the running sync's commit does not want."""
        key, name = write.key, owner_of(write.before)
        app = self._applications.get(name)
        if hooks.OPERATION in annotations_of(write.obj) or hooks.is_hook(write.obj):
            goes = app is None or is_being_deleted(app)
            if app is not None and not goes and self._order.is_running(write.before or {}, app):
                self.fail("a running hook is left to its end", str(key))
            return
        if app is None or is_being_deleted(app):
            self._stays_where_it_must(app, write)
            return
        state = (app.get("status") or {}).get("operationState") or {}
        revision = (state.get("syncResult") or {}).get("revision", "")
        wish = self._git.wishes.get((revision, name))
        if state.get("phase") not in IN_PROGRESS or wish is None:
            self.fail("nothing wanted is deleted", f"{key} of {name} was deleted outside a sync")
        elif key in wish.objects:
            self.fail("nothing wanted is deleted", f"{key} was deleted by a sync of {name} to {revision}")
        elif options.has(write.before, "Prune=confirm") and not _is_approved(app, state.get("startedAt")):
            self.fail("a prune waits for its confirmation", f"{key} was deleted by a sync of {name}")

    def _stays_where_it_must(self, app: KubeObject | None, write: Write) -> None:
        if options.survives_deletion(write.obj, ()):
            self.fail("what is to stay stays", f"{write.key} was deleted with its application")
        if app is None or not options.has(write.before, "Delete=confirm"):
            return
        if not _is_approved(app, metadata_of(app).get("deletionTimestamp")):
            self.fail("a deletion waits for its confirmation", f"{write.key} was deleted")

    def _runs_hooks_once(self, write: Write) -> None:
        run = _run_of(write.obj)
        if not run.operation:
            return
        self._hook_runs[run] = self._hook_runs.get(run, 0) + 1
        if self._hook_runs[run] > 1:
            self.fail("a hook runs once for a sync", f"{write.key} was made again by operation {run.operation}")

    def forgive(self, run: KubeObject) -> None:
        """A person took this hook away: the sync may make it again."""
        self._hook_runs.pop(_run_of(run), None)


def _run_of(hook: KubeObject) -> _HookRun:
    return _HookRun(key_of(hook), owner_of(hook), annotations_of(hook).get(hooks.OPERATION, ""))


def _is_approved(app: KubeObject, since: str | None) -> bool:
    return _time(annotations_of(app).get(Annotation.DELETION_APPROVED)) >= _time(since)


def _generation(obj: KubeObject) -> int:
    return int(metadata_of(obj).get("generation") or 0)


def owner_of(obj: KubeObject | None) -> str:
    return tracking.owner_instance(key_of(obj), annotations_of(obj)) if obj is not None else ""


def backward_steps(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    """What of a status went back in time."""
    old, new = _history_ids(before), _history_ids(after)
    if new != sorted(set(new)):
        yield f"history ids {new} do not increase"
    if old and (not new or new[-1] < old[-1]):
        yield f"history went from {old} to {new}"
    if any(number <= old[-1] for number in new if number not in old) if old else False:
        yield f"history got an old id: {old} to {new}"
    for what, earlier, later in (
        ("reconciledAt", before.get("reconciledAt"), after.get("reconciledAt")),
        ("operationState.startedAt", _started(before), _started(after)),
    ):
        if _time(later) < _time(earlier):
            yield f"{what} went from {earlier} to {later}"
    state, next_state = before.get("operationState") or {}, after.get("operationState") or {}
    same = all(state.get(field) == next_state.get(field) for field in ("startedAt", "operation"))
    if _ended(state) and not _ended(next_state) and same:
        yield f"the operation of {state.get('startedAt')} came back to life after it {state.get('phase')}"
    if same and (state.get("phase"), next_state.get("phase")) == (OperationPhase.TERMINATING, OperationPhase.RUNNING):
        yield f"the operation of {state.get('startedAt')} was to be terminated, and goes on"


def _ended(state: dict[str, Any]) -> bool:
    return bool(state) and state.get("phase") not in IN_PROGRESS


def _started(status: dict[str, Any]) -> str | None:
    started: str | None = (status.get("operationState") or {}).get("startedAt")
    return started


def _history_ids(status: dict[str, Any]) -> list[int]:
    return [entry.get("id", 0) for entry in status.get("history") or ()]


def _time(text: str | None) -> datetime:
    return times.parse(text) or datetime.min.replace(tzinfo=UTC)
