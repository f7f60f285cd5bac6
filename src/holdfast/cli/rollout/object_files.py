"""The files that `holdfast rollout plan` and `lint` read: what of them is ours, and what is passed over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from holdfast.engine.lang.yaml_documents import YamlInvalid, load_with_doubled_keys
from holdfast.model.errors import Blocked
from holdfast.model.kube import KubeObject, kind_of
from holdfast.model.names import API_VERSION

LARGEST_FILE: Final = 10 * 1024 * 1024
OWN: Final = ("Rollout", "AnalysisTemplate", "ClusterAnalysisTemplate", "AnalysisRun", "Experiment")


class Objects(Struct, frozen=True):
    """`own` are of our API version; `others` the rest, which may be what a Rollout refers to."""

    own: tuple[KubeObject, ...]
    others: tuple[KubeObject, ...]
    doubled_keys: tuple[str, ...] = ()
    """Where a mapping has a key twice."""

    def of_kind(self, kind: str) -> list[KubeObject]:
        return [obj for obj in self.own if kind_of(obj) == kind]

    @property
    def passed_over(self) -> list[str]:
        """`apiVersion Kind` of what has the name of a kind of ours and is none."""
        named = [f"{obj.get('apiVersion') or 'no apiVersion'} {kind_of(obj)}" for obj in self.others]
        return list(dict.fromkeys(one for one in named if one.rpartition(" ")[2] in OWN))


def one_of(given: Path | None, filename: Path | None) -> Path:
    """The file, whichever way it is named. Raises Blocked unless it is one."""
    named = given if given is not None else filename
    if named is None or (given is not None and filename is not None):
        raise Blocked("NoFile", "name one file: FILE or -f FILE")
    return named


def read(file: Path) -> Objects:
    """Raises Blocked for a file that cannot be read, and for one without objects."""
    documents, doubled = _documents(file)
    found = list(_opened(documents))
    own = tuple(obj for obj in found if obj.get("apiVersion") == API_VERSION and kind_of(obj) in OWN)
    chosen = {id(obj) for obj in own}
    return Objects(own, tuple(obj for obj in found if id(obj) not in chosen), tuple(map(str, doubled)))


def _documents(file: Path) -> tuple[list[Any], list[YamlInvalid]]:
    if not file.is_file():
        raise Blocked("NoFile", f"there is no file {file}")
    try:
        with file.open("rb") as stream:
            content = stream.read(LARGEST_FILE + 1)
    except OSError as error:
        raise Blocked("NotReadable", f"{file} cannot be read: {error.strerror}") from None
    if len(content) > LARGEST_FILE:
        raise Blocked("TooLarge", f"{file} is larger than {LARGEST_FILE // 1024 // 1024} MiB")
    try:
        return load_with_doubled_keys(content.decode())
    except UnicodeDecodeError as error:
        raise Blocked("NoText", f"{file} is no YAML: not UTF-8 text at byte {error.start}") from None
    except YamlInvalid as error:
        raise Blocked("InvalidYaml", f"{file} is no YAML: {error}") from None


def _opened(documents: Iterable[Any]) -> Iterator[KubeObject]:
    """With what is in Lists, one in another too."""
    waiting = list(documents)
    while waiting:
        one = waiting.pop(0)
        if not isinstance(one, dict):
            continue
        if kind_of(one).endswith("List") and isinstance(one.get("items"), list):
            waiting[:0] = one["items"]
        else:
            yield one
