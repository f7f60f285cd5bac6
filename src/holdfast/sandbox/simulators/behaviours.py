"""What a container of the sandbox is asked to pretend, by an annotation of its Pod or by the tag of its image."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from msgspec import Struct

from holdfast.engine.lang import durations
from holdfast.model.kube import KubeObject, annotations_of

ANNOTATION = "sandbox.holdfast.dev/behaviour"

SLOW_START = timedelta(seconds=60)
RUN_TIME = timedelta(seconds=1)


class Behaviour(Struct, frozen=True):
    """`answers_after` is how long after its start a container answers its probes; None means never."""

    crashes: bool = False
    fails: bool = False
    cannot_be_pulled: bool = False
    answers_after: timedelta | None = timedelta(0)
    runs_for: timedelta = RUN_TIME


def behaviour_of(pod: KubeObject, container: dict[str, Any]) -> Behaviour:
    """The annotation speaks for all containers and wins over tags."""
    asked = annotations_of(pod).get(ANNOTATION, "") or _tag(str(container.get("image") or ""))
    name, value = _split(asked)
    length = durations.parse(value)
    match name:
        case "crash-loop":
            return Behaviour(crashes=True)
        case "fail":
            return Behaviour(fails=True, runs_for=length or RUN_TIME)
        case "fail-jobs":
            # A server of this image runs: what tries it out finds it wanting.
            return Behaviour(fails=(pod.get("spec") or {}).get("restartPolicy") == "Never")
        case "image-pull-error":
            return Behaviour(cannot_be_pulled=True)
        case "failing-probe":
            return Behaviour(answers_after=None)
        case "slow-start":
            return Behaviour(answers_after=length or SLOW_START)
        case "run":
            return Behaviour(runs_for=length or RUN_TIME)
        case _:
            return Behaviour()


def _split(asked: str) -> tuple[str, str]:
    """`slow-start=60s`, or `slow-start-60s` where a tag allows no equals sign."""
    found = re.fullmatch(r"([a-z-]+?)(?:[=-](\d[\d.]*(?:ms|[smh])[\dmsh.]*))?", asked.strip())
    return (found[1], found[2] or "") if found else ("", "")


def _tag(image: str) -> str:
    last = image.partition("@")[0].rpartition("/")[2]
    return last.partition(":")[2]
