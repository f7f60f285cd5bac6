"""Creates, replaces, patches and applies objects."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Protocol

import orjson
from msgspec import Struct

from holdfast.engine.kube import server_side_apply
from holdfast.engine.kube.canonical import equal, without
from holdfast.engine.kube.field_sets import FieldSet
from holdfast.engine.lang import instants
from holdfast.model import errors
from holdfast.model.kube import KubeObject
from holdfast.ports.clock import Clock
from holdfast.ports.transport import Request
from holdfast.sandbox import (
    deletion,
    failures,
    kind_traits,
    metadata_rules,
    patches,
    problems,
    scale_owners,
    versions,
)
from holdfast.sandbox.places import Place
from holdfast.sandbox.preparation import CannotHandle, Preparation
from holdfast.sandbox.registry import Registry, ServedType
from holdfast.sandbox.request_options import WriteOptions
from holdfast.sandbox.storage import Storage, Stored, as_stored

_MANAGED_FIELDS: Final = ("metadata", "managedFields")
_VERSION: Final = ("metadata", "resourceVersion")


class Written(Struct, frozen=True):
    """What became of a write; a dry run gives what would be stored."""

    stored: Stored
    created: bool = False
    warnings: tuple[str, ...] = ()


class Admission(Protocol):
    """What has its word before a write, and is told after it."""

    def before_creation(self, place: Place, obj: KubeObject) -> KubeObject:
        """The object as it is to be stored. Raises an ApiError to refuse it."""
        ...

    def before_update(self, place: Place, before: KubeObject, after: KubeObject) -> KubeObject: ...

    def after_write(self, place: Place, stored: Stored) -> None: ...


class Writer:
    """Every method runs without a pause, so that nothing comes between its reading and its writing."""

    def __init__(
        self, registry: Registry, storage: Storage, preparation: Preparation, admission: Admission, clock: Clock
    ) -> None:
        self._registry = registry
        self._storage = storage
        self._preparation = preparation
        self._admission = admission
        self._clock = clock

    def create(self, place: Place, obj: KubeObject, options: WriteOptions, objections: Sequence[str] = ()) -> Written:
        served = place.served
        metadata_rules.check_identity(served, obj, place.namespace, "")
        _check_type(served, obj)
        decoded = self._preparation.decode(served, obj, options.validation, objections)
        now = self._now()
        new = self._preparation.create(served, decoded.obj, place.namespace, now)
        name = new["metadata"].get("name") or ""
        place = Place(served, place.namespace, name)
        tracked = self._tracked(served, None, new, options.manager, now, "")
        completed = self._completed(place, tracked)
        existing = self._storage.get(versions.collection_of(served), place.key) if name else None
        if (decoded.obj.get("metadata") or {}).get("resourceVersion"):
            raise failures.without_reason(500, "resourceVersion should not be set on objects to be created")
        if existing is not None:
            raise failures.already_exists(served, name, is_being_deleted=existing.is_being_deleted)
        warnings = decoded.warnings + self._preparation.warnings(served, completed, None)
        return self._store(place, completed, options, created=True, warnings=warnings)

    def replace(self, place: Place, obj: KubeObject, options: WriteOptions, objections: Sequence[str] = ()) -> Written:
        served = place.served
        if (
            kind_traits.group_kind(served) in kind_traits.CREATED_BY_REPLACE
            and not place.subresource
            and self._storage.get(versions.collection_of(served), place.key) is None
        ):
            metadata_rules.check_identity(served, obj, place.namespace, place.name)
            return self.create(Place(served, place.namespace), obj, options, objections)
        stored = self._existing(place)
        metadata_rules.check_identity(served, obj, place.namespace, place.name)
        _check_type(served, obj)
        decoded = self._preparation.decode(served, obj, options.validation, objections)
        sent = decoded.obj.get("metadata") or {}
        if served.is_custom and not sent.get("resourceVersion"):
            problem = problems.invalid("metadata.resourceVersion", 0, "must be specified for an update")
            raise failures.invalid(served.group, served.plural, place.name, [problem])
        uid = sent.get("uid")
        if uid and uid != stored.uid:
            raise failures.conflict(
                served,
                place.name,
                f"StorageError: invalid object, Code: 4, Key: /registry/{served.plural}/{place.namespace}/{place.name}, "
                f"ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: {uid}, "
                f"UID in object meta: {stored.uid}",
            )
        return self._update(place, stored, decoded.obj, options, decoded.warnings)

    def patch(self, place: Place, request: Request, options: WriteOptions) -> Written:
        """A patch of any kind but an apply, as its media type says."""
        served = place.served
        if options.force is not None:
            problem = problems.forbidden("force", "may not be specified for non-apply patch")
            raise failures.invalid("meta.k8s.io", "PatchOptions", "", [problem])
        patch = patches.reader(served, request)
        stored = self._existing(place)
        live = versions.show(served, stored)
        patched = patch.apply(live)
        if not isinstance(patched, dict):
            raise errors.BadRequest("the patched object is no object")
        metadata_rules.check_identity(served, patched, place.namespace, place.name)
        _check_type(served, patched)
        try:
            decoded = self._preparation.decode(served, patched, options.validation)
        except CannotHandle as error:
            raise failures.invalid("", "", "", [patch.problem(patched, error)]) from None
        return self._update(place, stored, decoded.obj, options, decoded.warnings)

    def modify(
        self,
        place: Place,
        change: Callable[[KubeObject], KubeObject],
        options: WriteOptions,
        *,
        with_status: bool = False,
    ) -> Written:
        """A change that a subresource makes to its object; of its status only if that is asked for."""
        stored = self._existing(place)
        changed = change(versions.show(place.served, stored))
        if not with_status:
            return self._update(place, stored, changed, options, ())
        status = Place(place.served, place.namespace, place.name, "status")
        self._update(place, stored, changed, options, ())
        return self._update(status, self._existing(place), without(changed, _VERSION), options, ())

    def apply(self, place: Place, config: KubeObject, options: WriteOptions) -> Written:
        """A server-side apply."""
        served = place.served
        _check_apply(served, config, options)
        metadata_rules.check_identity(served, config, place.namespace, place.name)
        stored = self._storage.get(versions.collection_of(served), place.key)
        if stored is None and place.subresource:
            raise failures.not_found(served, place.name)
        live = versions.show(served, stored) if stored is not None else None
        uid = config["metadata"].get("uid")
        if uid and (stored is None or uid != stored.uid):
            found = f"the existing object has uid {stored.uid}" if stored else "no existing object was found"
            raise failures.conflict(
                served, place.name, f"uid mismatch: the provided object specified uid {uid}, and {found}"
            )
        now = self._now()
        result = self._merged(place, live, config, options, now)
        if stored is not None and result is live:
            return Written(stored)
        decoded = self._preparation.decode(served, result, "Ignore")
        if stored is None:
            return self._apply_new(place, decoded.obj, options, now)
        return self._update(place, stored, decoded.obj, options, (), applied=True)

    def _merged(
        self, place: Place, live: KubeObject | None, config: KubeObject, options: WriteOptions, now: str
    ) -> KubeObject:
        served = place.served
        sent = config["metadata"]
        version = sent.get("resourceVersion")
        if version and live is not None and version != live["metadata"]["resourceVersion"]:
            raise failures.stale(served, place.name)
        config = without(config, ("metadata", "resourceVersion"), ("metadata", "uid"))
        try:
            return server_side_apply.apply(
                live,
                config,
                manager=options.manager,
                node=served.node,
                force=bool(options.force),
                now=now,
                subresource=place.subresource,
                reset_fields=_reset_fields(served, place.subresource),
            )
        except server_side_apply.ApplyConflict as conflict:
            raise _apply_conflict(conflict) from None
        except ValueError as error:
            named = f"{sent.get('namespace') or ''}/{place.name}; {served.group}/{served.version}, Kind={served.kind}"
            raise failures.without_reason(500, f"failed to create typed patch object ({named}): {error}") from None

    def _apply_new(self, place: Place, obj: KubeObject, options: WriteOptions, now: str) -> Written:
        served = place.served
        managed = obj["metadata"].get("managedFields")
        new = self._preparation.create(served, obj, place.namespace, now)
        if managed:
            new["metadata"]["managedFields"] = managed
        completed = self._completed(place, new)
        warnings = self._preparation.warnings(served, completed, None)
        return self._store(place, completed, options, created=True, warnings=warnings)

    def _completed(self, place: Place, obj: KubeObject) -> KubeObject:
        """A new object with what the server adds, judged."""
        completed = self._preparation.complete(place.served, obj, None)
        completed = self._admission.before_creation(place, completed)
        self._preparation.judge(place.served, completed, None, place.subresource)
        return completed

    def _update(
        self,
        place: Place,
        stored: Stored,
        obj: KubeObject,
        options: WriteOptions,
        warnings: tuple[str, ...],
        *,
        applied: bool = False,
    ) -> Written:
        """`obj` is in the version of the request; it becomes the next version of what is stored."""
        served = place.served
        before = stored.decode()
        sent = obj.get("metadata") or {}
        version = sent.get("resourceVersion")
        if version and version != str(stored.resource_version):
            raise failures.stale(served, place.name)
        found = list(metadata_rules.update_problems(before, obj))
        if found:
            raise failures.invalid(served.group, served.kind, place.name, found)
        meant = self._preparation.update(served, before, obj, place.subresource)
        after = self._preparation.complete(served, meant, before)
        after = self._admission.before_update(place, before, after)
        self._preparation.judge(served, after, before, place.subresource)
        if _is_same(before, after, applied=applied):
            return Written(stored, warnings=warnings)
        if place.subresource != "status":
            warnings += self._preparation.warnings(served, after, before)
        if not applied:
            # A write through the scale is noted without a time.
            now = "" if place.subresource == "scale" else self._now()
            tracked = self._tracked(served, before, meant, options.manager, now, place.subresource)
            if place.subresource == "scale":
                tracked = scale_owners.settled(served, before, tracked, options.manager)
            after = _with_owners_of(tracked, after)
        return self._store(place, after, options, warnings=warnings)

    def _store(
        self,
        place: Place,
        obj: KubeObject,
        options: WriteOptions,
        *,
        created: bool = False,
        warnings: tuple[str, ...] = (),
    ) -> Written:
        if options.dry_run:
            return Written(as_stored(obj, orjson.dumps(obj)), created, warnings)
        collection = versions.collection_of(place.served)
        if deletion.is_ready_to_go(obj):
            stored = as_stored(obj, orjson.dumps(obj))
            self._storage.delete(collection, stored.key)
        else:
            stored = self._storage.put(collection, obj)
        self._admission.after_write(place, stored)
        return Written(stored, created, warnings)

    def _tracked(
        self,
        served: ServedType,
        before: KubeObject | None,
        after: KubeObject,
        manager: str,
        now: str,
        subresource: str,
    ) -> KubeObject:
        tracked = server_side_apply.track_update(
            versions.from_storage(served, before) if before is not None else None,
            versions.from_storage(served, after),
            manager=manager,
            node=served.node,
            now=now,
            subresource=subresource,
            reset_fields=_reset_fields(served, subresource),
        )
        return _with_owners_of(tracked, after)

    def _existing(self, place: Place) -> Stored:
        stored = self._storage.get(versions.collection_of(place.served), place.key)
        if stored is None:
            raise failures.not_found(place.served, place.name)
        return stored

    def _now(self) -> str:
        return instants.stamp(self._clock.now())


def _with_owners_of(tracked: KubeObject, obj: KubeObject) -> KubeObject:
    metadata = {key: value for key, value in obj["metadata"].items() if key != "managedFields"}
    entries = tracked["metadata"].get("managedFields")
    if entries:
        metadata["managedFields"] = entries
    return {**obj, "metadata": metadata}


def _is_same(before: KubeObject, after: KubeObject, *, applied: bool) -> bool:
    """Only an apply can leave an object without owners by saying nothing of them."""
    if not equal(without(before, _MANAGED_FIELDS), without(after, _MANAGED_FIELDS)):
        return False
    entries = after["metadata"].get("managedFields")
    return (entries is None and not applied) or equal(before["metadata"].get("managedFields"), entries)


def _check_type(served: ServedType, obj: KubeObject) -> None:
    """Refuses an object of another kind or version; built-in kinds may leave theirs out."""
    kind, version = obj.get("kind"), obj.get("apiVersion")
    if served.is_custom and not kind:
        shown = orjson.dumps(obj).decode()
        raise errors.BadRequest(
            f"the object provided is unrecognized (must be of type {served.kind}): Object 'Kind' is missing in "
            f"'{shown}' ({shown[:40]})"
        )
    if version and version != served.api_version:
        raise errors.BadRequest(
            f"the API version in the data ({version}) does not match the expected API version ({served.api_version})"
        )
    if kind and kind != served.kind:
        raise errors.BadRequest(
            f'{kind} in version "{served.version}" cannot be handled as a {served.kind}: '
            f"converting ({served.version}.{kind}) to ({served.group or 'core'}.{served.kind}): unknown conversion"
        )
    obj["kind"], obj["apiVersion"] = served.kind, served.api_version


def _check_apply(served: ServedType, config: KubeObject, options: WriteOptions) -> None:
    if not options.named_manager:
        problem = problems.required("fieldManager", "is required for apply patch")
        raise failures.invalid("meta.k8s.io", "PatchOptions", "", [problem])
    if not config.get("kind") or not config.get("apiVersion"):
        raise errors.BadRequest(
            f"invalid object type: /{config.get('apiVersion') or ''}, Kind={config.get('kind') or ''}"
        )
    if not isinstance(config.get("metadata"), dict):
        config["metadata"] = {}
    if config["metadata"].get("managedFields") is not None:
        raise errors.BadRequest("metadata.managedFields must be nil")
    if config["apiVersion"] != served.api_version or config["kind"] != served.kind:
        raise errors.BadRequest(
            f"the API version in the data ({config['apiVersion']}) does not match the expected API version "
            f"({served.api_version})"
        )


def _apply_conflict(conflict: server_side_apply.ApplyConflict) -> errors.Conflict:
    causes = [
        {"reason": "FieldManagerConflict", "message": f"conflict with {each.holder}", "field": each.path}
        for each in conflict.conflicts
    ]
    return errors.Conflict(str(conflict), details={"causes": causes})


def _reset_fields(served: ServedType, subresource: str) -> FieldSet | None:
    if not served.has_status:
        return None
    if subresource == "status":
        return server_side_apply.all_but_status(served.node, kind_traits.kept_by_status(served))
    return None if subresource else server_side_apply.status_fields()
