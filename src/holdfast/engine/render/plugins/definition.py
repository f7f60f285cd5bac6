"""A plugin as its definition says it: the kind ConfigManagementPlugin of Argo CD."""

from __future__ import annotations

from typing import Final

import msgspec

from holdfast.engine.lang import yaml_documents
from holdfast.model.errors import Blocked
from holdfast.model.fields import ApiStruct
from holdfast.model.metadata import ObjectMeta
from holdfast.model.source_options import Announcement

_LIMITS: Final = yaml_documents.YamlLimits(bytes=1024**2, nodes=50_000)


class Command(ApiStruct, frozen=True, kw_only=True):
    """A list of arguments: no shell reads it."""

    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()

    @property
    def line(self) -> tuple[str, ...]:
        return (*self.command, *self.args)


class Find(ApiStruct, frozen=True, kw_only=True):
    glob: str = ""
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()

    @property
    def line(self) -> tuple[str, ...]:
        return (*self.command, *self.args)


class Discover(ApiStruct, frozen=True, kw_only=True):
    file_name: str = ""
    find: Find = Find()


class Parameters(ApiStruct, frozen=True, kw_only=True):
    static: tuple[Announcement, ...] = ()
    dynamic: Command = Command()


class PluginSpec(ApiStruct, frozen=True, kw_only=True):
    version: str = ""
    init: Command = Command()
    generate: Command = Command()
    discover: Discover = Discover()
    parameters: Parameters = Parameters()
    preserve_file_mode: bool = False
    provide_git_creds: bool = False


class Definition(ApiStruct, frozen=True, kw_only=True):
    api_version: str = ""
    kind: str = ""
    metadata: ObjectMeta = ObjectMeta()
    spec: PluginSpec = PluginSpec()

    @property
    def name(self) -> str:
        """As applications name it."""
        return f"{self.metadata.name}-{self.spec.version}" if self.spec.version else self.metadata.name

    @property
    def discovers(self) -> bool:
        discover = self.spec.discover
        return bool(discover.file_name or discover.find.glob or discover.find.command)


def read(content: bytes, origin: str) -> Definition:
    """`origin` names the file. Raises Blocked."""
    try:
        said = yaml_documents.load_one(content, _LIMITS)
        found = msgspec.convert(said, Definition)
    except (yaml_documents.YamlInvalid, msgspec.ValidationError) as error:
        raise _invalid(origin, str(error)) from error
    if found.kind != "ConfigManagementPlugin":
        raise _invalid(origin, "its kind must be ConfigManagementPlugin")
    if not found.metadata.name or "/" in found.name:
        raise _invalid(origin, "metadata.name is missing or holds a slash")
    if not found.spec.generate.command:
        raise _invalid(origin, "spec.generate.command is missing")
    return found


def announcements(content: bytes, plugin: str) -> tuple[Announcement, ...]:
    """What the command for dynamic parameters prints: a JSON list. Raises Blocked."""
    try:
        return msgspec.json.decode(content or b"[]", type=tuple[Announcement, ...])
    except msgspec.DecodeError as error:
        raise Blocked(
            "PluginFailed", f"plugin {plugin}: what it says about its parameters cannot be read: {error}"
        ) from error


def _invalid(origin: str, problem: str) -> Blocked:
    return Blocked("PluginInvalid", f"{origin}: {problem}")
