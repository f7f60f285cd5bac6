"""What has its word before a write and acts after it: namespaces, Service addresses, definitions of custom resources."""

from __future__ import annotations

from holdfast.model.kube import KubeObject
from holdfast.ports.clock import Clock
from holdfast.sandbox import namespaces
from holdfast.sandbox.addresses import SERVICES, ServiceAddresses
from holdfast.sandbox.custom_resources import DEFINITIONS, CustomResources
from holdfast.sandbox.places import Place
from holdfast.sandbox.registry import Registry
from holdfast.sandbox.storage import Storage, Stored


class ClusterAdmission:
    """Implements writing.Admission."""

    def __init__(self, registry: Registry, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._addresses = ServiceAddresses(storage)
        self._definitions = CustomResources(registry, storage, clock)

    def before_creation(self, place: Place, obj: KubeObject) -> KubeObject:
        served = place.served
        if served.namespaced:
            namespaces.check_may_create(self._storage, served, place.namespace, place.name)
        if served.collection == SERVICES:
            return self._addresses.assign(obj, None)
        return obj

    def before_update(self, place: Place, before: KubeObject, after: KubeObject) -> KubeObject:
        if place.served.collection == SERVICES and not place.subresource:
            return self._addresses.assign(after, before)
        return after

    def after_write(self, place: Place, stored: Stored) -> None:
        if place.served.collection == DEFINITIONS:
            self._definitions.after_write(stored)
