"""`holdfast rollout promote | abort | retry | pause | restart | set image | undo`: asks the controller for something."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import typer

from holdfast.cli.connection import with_cluster
from holdfast.cli.rollout import experiments, hints, in_place, lenders, rollouts
from holdfast.cli.rollout.rollouts import KubeconfigOption, KubeconfigPath, NamespaceOption
from holdfast.engine.lang import durations
from holdfast.engine.rollout import requests
from holdfast.engine.rollout.requests import Request
from holdfast.model.errors import Blocked
from holdfast.model.rollout import Rollout
from holdfast.ports.cluster import Cluster
from holdfast.runtime.clock import SystemClock

LATEST_RESTART = 10 * 365 * 24 * 3600
NameArgument = typer.Argument(..., metavar="ROLLOUT", help="`name` or `namespace/name`.")
WordsArgument = typer.Argument(..., metavar="[rollout|experiment] NAME", help="`name` or `namespace/name`.")


def kind_and_name(words: list[str]) -> tuple[str, str]:
    kind, name = ("rollout", words[0]) if len(words) == 1 else (words[0], words[-1])
    if len(words) > 2 or kind not in ("rollout", "experiment"):
        raise Blocked("NoName", "what is meant is given as NAME, `rollout NAME` or `experiment NAME`")
    return kind, name


def _ask(kubeconfig: KubeconfigPath, name: str, namespace: str, request: Callable[[Rollout], Request]) -> None:
    async def work(cluster: Cluster) -> None:
        typer.echo(await rollouts.ask(cluster, name, namespace, request))

    with_cluster(kubeconfig, work)


def _warn(place: lenders.Place) -> None:
    if note := hints.kept(place.key, place.annotations):
        typer.echo(note, err=True)


def promote(
    name: str = NameArgument,
    full: bool = typer.Option(False, "--full", help="Skip all steps, pauses and analyses that are left."),
    skip_step: bool = typer.Option(False, "--skip-current-step", "-c", help="Skip the current step."),
    skip_all: bool = typer.Option(False, "--skip-all-steps", "-a", help="Skip the steps that are left, not the rest."),
    kubeconfig: KubeconfigPath = KubeconfigOption,
    namespace: str = NamespaceOption,
) -> None:
    """End the pause, or skip the current step."""

    def request(rollout: Rollout) -> Request:
        return requests.promote(rollout, full=full, skip_step=skip_step, skip_all=skip_all)

    _ask(kubeconfig, name, namespace, request)


def abort(
    name: str = NameArgument, kubeconfig: KubeconfigPath = KubeconfigOption, namespace: str = NamespaceOption
) -> None:
    """Go back to the stable pods."""
    _ask(kubeconfig, name, namespace, requests.abort)


def retry(
    words: list[str] = WordsArgument,
    kubeconfig: KubeconfigPath = KubeconfigOption,
    namespace: str = NamespaceOption,
) -> None:
    """Begin an aborted update again with its first step, or an ended Experiment anew."""
    kind, name = kind_and_name(words)
    if kind == "rollout":
        _ask(kubeconfig, name, namespace, requests.retry)
        return
    where, plain = rollouts.qualified(name, namespace)
    typer.echo(with_cluster(kubeconfig, lambda cluster: experiments.retry(cluster, where, plain)))


def pause(
    name: str = NameArgument, kubeconfig: KubeconfigPath = KubeconfigOption, namespace: str = NamespaceOption
) -> None:
    """Stop where it is until it is promoted."""
    _ask(kubeconfig, name, namespace, requests.pause)


def restart(
    name: str = NameArgument,
    after: str = typer.Option("0", "--in", "-i", help="How long from now: seconds, or a duration such as 5m."),
    kubeconfig: KubeconfigPath = KubeconfigOption,
    namespace: str = NamespaceOption,
) -> None:
    """Make all pods anew, a few at a time."""
    at = SystemClock().now() + timedelta(seconds=_seconds(after))
    _ask(kubeconfig, name, namespace, lambda rollout: requests.restart(rollout, at))


def _pair(text: str) -> tuple[str, str]:
    container, _, image = text.partition("=")
    if not container or not image or any(letter.isspace() or not letter.isprintable() for letter in text):
        raise Blocked(
            "NoImage", f"an image is given as CONTAINER=IMAGE, such as web=registry.example.com/web:2, not {text!r}"
        )
    return container, image


def _seconds(text: str) -> int:
    """Whole seconds of `90`, `90s`, `5m` or `1h30m`."""
    length = durations.parse(f"{text}s" if text.isascii() and text.isdecimal() else text)
    if length is None or not timedelta(0) <= length <= timedelta(seconds=LATEST_RESTART):
        raise Blocked("NoDuration", f"--in is a duration such as 90s, 5m or 1h, of at most ten years, not {text!r}")
    return int(length.total_seconds())


def set_image(
    name: str = NameArgument,
    images: list[str] = typer.Argument(..., metavar="CONTAINER=IMAGE", help="`*` means every container."),
    kubeconfig: KubeconfigPath = KubeconfigOption,
    namespace: str = NamespaceOption,
) -> None:
    """Change the image of containers: a new revision."""
    pairs = dict(map(_pair, images))

    async def work(cluster: Cluster) -> None:
        rollout = await rollouts.read(cluster, name, namespace)
        place = await lenders.find(cluster, rollout)
        request = requests.set_images(rollout, place.template, pairs)
        if request.template is not None:
            await lenders.change(cluster, place, request.template)
        typer.echo(request.said)
        if request.template is not None:
            _warn(place)

    with_cluster(kubeconfig, work)


def undo(
    name: str = NameArgument,
    to_revision: int = typer.Option(0, "--to-revision", min=0, help="By default the one before the current one."),
    kubeconfig: KubeconfigPath = KubeconfigOption,
    namespace: str = NamespaceOption,
) -> None:
    """Take the pod template of an earlier revision."""

    async def work(cluster: Cluster) -> None:
        rollout = await rollouts.read(cluster, name, namespace)
        workload = await rollouts.workload_of(cluster, rollout)
        if workload is not None:
            typer.echo(await in_place.undo(cluster, rollout, workload, to_revision))
            return
        request, template = requests.undo(rollout, await rollouts.sets_of(cluster, rollout), to_revision)
        place = await lenders.find(cluster, rollout)
        await lenders.replace(cluster, place, template)
        typer.echo(request.said)
        _warn(place)

    with_cluster(kubeconfig, work)
