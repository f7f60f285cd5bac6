"""What is below an object beside its status: scale, binding, eviction, log, token, finalize."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final

import orjson

from holdfast.engine.kube import merge_patch, selectors
from holdfast.engine.kube.canonical import get_path, with_path
from holdfast.engine.lang import instants
from holdfast.model import errors
from holdfast.model.kube import KubeObject
from holdfast.ports.clock import Clock
from holdfast.ports.transport import Request, Response
from holdfast.sandbox import failures, label_texts, negotiation, request_bodies, request_options, versions
from holdfast.sandbox.deletion import Deleter, store
from holdfast.sandbox.places import Place
from holdfast.sandbox.reading import Reader
from holdfast.sandbox.registry import Registry, ScalePaths, ServedType
from holdfast.sandbox.rendering import Renderer, json_response, warning_headers
from holdfast.sandbox.request_options import WriteOptions
from holdfast.sandbox.storage import Storage, Stored
from holdfast.sandbox.writing import Writer

_BUILTIN_SCALE: Final = ScalePaths(("spec", "replicas"), ("status", "replicas"))
_TOKEN_SECONDS: Final = 3600

Answer = Callable[[Place, Request], Response]


class Subresources:
    """One method a subresource."""

    def __init__(
        self,
        registry: Registry,
        storage: Storage,
        reader: Reader,
        writer: Writer,
        deleter: Deleter,
        renderer: Renderer,
        clock: Clock,
    ) -> None:
        self._registry = registry
        self._storage = storage
        self._reader = reader
        self._writer = writer
        self._deleter = deleter
        self._renderer = renderer
        self._clock = clock
        self._answers: Mapping[tuple[str, str], Answer] = {
            ("scale", "GET"): self._get_scale,
            ("scale", "PUT"): self._put_scale,
            ("scale", "PATCH"): self._patch_scale,
            ("binding", "POST"): self._bind,
            ("eviction", "POST"): self._evict,
            ("log", "GET"): self._log,
            ("token", "POST"): self._token,
            ("finalize", "PUT"): self._finalize,
            ("ephemeralcontainers", "GET"): self._get_whole,
            ("ephemeralcontainers", "PUT"): self._write_whole,
            ("ephemeralcontainers", "PATCH"): self._write_whole,
            ("resize", "GET"): self._get_whole,
            ("resize", "PUT"): self._write_whole,
            ("resize", "PATCH"): self._write_whole,
            ("approval", "GET"): self._get_whole,
            ("approval", "PUT"): self._write_whole,
            ("approval", "PATCH"): self._write_whole,
        }

    def answer(self, place: Place, request: Request) -> Response:
        """Raises ApiError; exec, attach and port-forward need a container that runs, which there is none."""
        answer = self._answers.get((place.subresource, request.method))
        if answer is None:
            if place.subresource in ("exec", "attach", "portforward", "proxy"):
                raise errors.BadRequest(f"the sandbox runs no containers: {place.subresource} is not possible")
            raise failures.method_not_allowed()
        return answer(place, request)

    def _get_scale(self, place: Place, _: Request) -> Response:
        return json_response(_scale(place.served, versions.show(place.served, self._reader.get(place))))

    def _put_scale(self, place: Place, request: Request) -> Response:
        options = request_options.write_options(request, "UpdateOptions")
        scale = request_bodies.read_typed(request, self._registry.wire_types, "Scale")
        return self._set_scale(place, scale, options)

    def _patch_scale(self, place: Place, request: Request) -> Response:
        options = request_options.write_options(request, "PatchOptions")
        live = _scale(place.served, versions.show(place.served, self._reader.get(place)))
        match request_bodies.media_type(request):
            case request_bodies.MERGE_PATCH | request_bodies.STRATEGIC_PATCH:
                scale = merge_patch.apply(live, request_bodies.read_patch(request, dict))
            case request_bodies.JSON_PATCH:
                scale = request_bodies.json_patched(live, request_bodies.read_patch(request, list))
            case request_bodies.APPLY_YAML:
                scale = merge_patch.apply(live, request_bodies.read_apply(request))
            case _:
                raise errors.UnsupportedMediaType(failures.UNSUPPORTED_MEDIA_TYPE)
        return self._set_scale(place, scale, options)

    def _set_scale(self, place: Place, scale: Any, options: WriteOptions) -> Response:
        paths = place.served.scale or _BUILTIN_SCALE
        replicas = get_path(scale, "spec", "replicas") or 0
        if not isinstance(replicas, int) or isinstance(replicas, bool) or replicas < 0:
            raise failures.invalid_scale(place.name, replicas)
        version = get_path(scale, "metadata", "resourceVersion")

        def change(live: KubeObject) -> KubeObject:
            changed = with_path(live, replicas, *paths.spec_replicas)
            return with_path(changed, version, "metadata", "resourceVersion") if version else changed

        written = self._writer.modify(place, change, options)
        shown = _scale(place.served, versions.show(place.served, written.stored))
        return json_response(shown, headers=warning_headers(written.warnings))

    def bind(self, place: Place, request: Request) -> Response:
        """The old way to bind a Pod: a Binding of its name in the collection."""
        binding = request_bodies.read_typed(request, self._registry.wire_types, "Binding")
        pods = self._registry.find("", "v1", "pods")
        if pods is None:
            raise failures.unknown_path()
        name = get_path(binding, "metadata", "name") or ""
        return self._bind(Place(pods, place.namespace, name, "binding"), request)

    def _bind(self, place: Place, request: Request) -> Response:
        options = request_options.write_options(request, "CreateOptions")
        binding = request_bodies.read_typed(request, self._registry.wire_types, "Binding")
        node = get_path(binding, "target", "name") or ""
        if not node:
            raise errors.BadRequest("a binding names a node in target.name")
        now = instants.stamp(self._clock.now())

        def change(live: KubeObject) -> KubeObject:
            if get_path(live, "spec", "nodeName"):
                why = f"pod {place.name} is already assigned to node {live['spec']['nodeName']!r}"
                raise failures.conflict(place.served, place.name, why)
            bound = with_path(live, node, "spec", "nodeName")
            scheduled = {"type": "PodScheduled", "status": "True", "lastProbeTime": None, "lastTransitionTime": now}
            others = [each for each in get_path(live, "status", "conditions") or () if each["type"] != "PodScheduled"]
            return with_path(bound, [*others, scheduled], "status", "conditions")

        self._writer.modify(place, change, options, with_status=True)
        return json_response(
            {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}, 201
        )

    def _evict(self, place: Place, request: Request) -> Response:
        eviction = request_bodies.read_typed(request, self._registry.wire_types, "Eviction")
        options = request_options.delete_options(request, eviction.get("deleteOptions") or {})
        stored = self._reader.get(place)
        budget = self._exhausted_budget(place, stored)
        if budget:
            message = "Cannot evict pod as it would violate the pod's disruption budget."
            details = {
                "causes": [{"reason": "DisruptionBudget", "message": f"The disruption budget {budget} allows none."}]
            }
            raise errors.TooManyRequests(message, details=details)
        self._deleter.delete(Place(place.served, place.namespace, place.name), options)
        return json_response(
            {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}, 201
        )

    def _exhausted_budget(self, place: Place, pod: Stored) -> str:
        budgets = self._registry.find("policy", "v1", "poddisruptionbudgets")
        if budgets is None:
            return ""
        for stored in self._storage.all_in(budgets.collection, place.namespace):
            obj = stored.decode()
            selector = selectors.from_object(get_path(obj, "spec", "selector"))
            status = obj.get("status") or {}
            if selector.matches(pod.labels) and "conditions" in status and not status.get("disruptionsAllowed"):
                return stored.key.name
        return ""

    def _log(self, place: Place, request: Request) -> Response:
        """Nothing runs, so the log says what would."""
        pod = self._reader.get(place).decode()
        containers = get_path(pod, "spec", "containers") or []
        names = [str(container.get("name")) for container in containers]
        query = request_options.query_of(request)
        wanted = query.get("container") or names[0]
        if wanted not in names:
            raise errors.BadRequest(f"container {wanted} is not valid for pod {place.name}")
        image = next(str(container.get("image")) for container in containers if container.get("name") == wanted)
        started = get_path(pod, "status", "startTime") or pod["metadata"]["creationTimestamp"]
        lines = [
            f"{started} the sandbox pretends to run {image}",
            f"{started} pod {place.namespace}/{place.name} is {get_path(pod, 'status', 'phase') or 'Pending'}",
        ]
        tail = query.get("tailLines", "")
        kept = lines[-int(tail) :] if tail.isdigit() and int(tail) else lines
        body = "".join(f"{line}\n" for line in kept).encode()
        return Response(200, {"content-type": "text/plain"}, body)

    def _token(self, place: Place, request: Request) -> Response:
        asked = request_bodies.read_typed(request, self._registry.wire_types, "TokenRequest")
        account = self._reader.get(place)
        seconds = get_path(asked, "spec", "expirationSeconds") or _TOKEN_SECONDS
        now = self._clock.now()
        until = instants.stamp(now + timedelta(seconds=int(seconds)))
        audiences = get_path(asked, "spec", "audiences") or ["https://kubernetes.default.svc"]
        document = {
            "kind": "TokenRequest",
            "apiVersion": "authentication.k8s.io/v1",
            "metadata": {
                "name": place.name,
                "namespace": place.namespace,
                "creationTimestamp": instants.stamp(now),
            },
            "spec": {"audiences": audiences, "expirationSeconds": seconds, "boundObjectRef": None},
            # No secret: the sandbox takes no token but its own.
            "status": {"token": f"sandbox-{account.uid}", "expirationTimestamp": until},
        }
        return json_response(document, 201)

    def _finalize(self, place: Place, request: Request) -> Response:
        sent = request_bodies.read_typed(
            request, self._registry.wire_types, place.served.kind, place.served.schema_name
        )
        stored = self._reader.get(place)
        obj = stored.decode()
        version = get_path(sent, "metadata", "resourceVersion")
        if version and version != str(stored.resource_version):
            raise failures.stale(place.served, place.name)
        finalizers = get_path(sent, "spec", "finalizers") or []
        spec = {key: value for key, value in (obj.get("spec") or {}).items() if key != "finalizers"}
        obj = {**obj, "spec": {**spec, "finalizers": finalizers} if finalizers else spec}
        store(self._storage, versions.collection_of(place.served), obj)
        return json_response(orjson.dumps(obj))

    def _get_whole(self, place: Place, request: Request) -> Response:
        return self._renderer.object_response(place.served, self._reader.get(place), negotiation.accepted(request))

    def _write_whole(self, place: Place, request: Request) -> Response:
        whole = Place(place.served, place.namespace, place.name)
        if request.method == "PUT":
            options = request_options.write_options(request, "UpdateOptions")
            obj, objections = request_bodies.read_object(
                request, self._registry.wire_types, place.served.kind, place.served.schema_name
            )
            written = self._writer.replace(whole, obj, options, objections)
        else:
            options = request_options.write_options(request, "PatchOptions")
            written = self._writer.patch(whole, request, options)
        return self._renderer.object_response(place.served, written.stored, negotiation.accepted(request))


def _scale(served: ServedType, obj: KubeObject) -> KubeObject:
    """The autoscaling/v1 Scale of an object."""
    paths = served.scale or _BUILTIN_SCALE
    kept = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    status: dict[str, Any] = {"replicas": get_path(obj, *paths.status_replicas) or 0}
    if served.scale is None:
        text = label_texts.selector_text(get_path(obj, "spec", "selector"))
    else:
        text = (get_path(obj, *paths.selector) if paths.selector else "") or ""
    if text:
        status["selector"] = text
    replicas = get_path(obj, *paths.spec_replicas)
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {key: obj["metadata"][key] for key in kept if key in obj["metadata"]},
        "spec": {"replicas": replicas} if replicas else {},
        "status": status,
    }
