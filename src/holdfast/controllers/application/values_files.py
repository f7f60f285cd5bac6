"""Reads the values files that a source names by their addresses, before it is rendered."""

from __future__ import annotations

from typing import Final

from holdfast.controllers.application import access
from holdfast.controllers.application.world import World
from holdfast.engine.flow import spec
from holdfast.engine.lang import globs
from holdfast.engine.render import prepare
from holdfast.engine.render.helm import remote
from holdfast.model.application import Application
from holdfast.model.errors import Blocked
from holdfast.model.rendering import RemoteFile, RenderRequest
from holdfast.model.web_addresses import host_in

SCHEMES: Final = "helm.valuesFileSchemes"
HOSTS_INSIDE: Final = "holdfast.helm.valuesFileHosts"


async def fetch(world: World, app: Application, request: RenderRequest) -> tuple[RemoteFile, ...]:
    """Nothing for a source that names no address. Raises Blocked and Transient."""
    source, key = request.source, app.metadata.key
    if source.kustomize or source.directory or source.plugin:
        return ()
    opens = world.charts if world.charts is not None and spec.is_packed(source) else world.repositories
    urls = prepare.remote_files(opens.open(request.location), request)
    settings = world.config_map("argocd-cm")
    allowed = remote.schemes(settings.get(SCHEMES))
    found = []
    for url in urls:
        remote.check(url, allowed)
        content = world.values_read.known(key, url, world.poll_seconds)
        if content is None:
            content = await _read(world, app, url, settings.get(HOSTS_INSIDE, ""))
        found.append(RemoteFile(url, content))
    return tuple(found)


async def _read(world: World, app: Application, url: str, hosts_inside: str) -> bytes:
    if world.values_files is None:
        raise Blocked("SourceUnsupported", f"values file {remote.shown(url)}: addresses cannot be read here")
    host = host_in(url)
    certificates = world.config_map(access.TLS_CERTIFICATES).get(host, "")
    known, began = _is_named(host, hosts_inside), world.clock.monotonic()
    try:
        content = await world.values_files.read(url, certificates=certificates, known_inside=known)
    except Blocked as blocked:
        world.values_read.remember(app.metadata.key, url, began, blocked)
        raise
    world.values_read.remember(app.metadata.key, url, began, content)
    return content


def _is_named(host: str, said: str) -> bool:
    patterns = (one.strip().lower() for one in said.split(",") if one.strip())
    return any(globs.matches(pattern, host, ".") for pattern in patterns)
