"""`holdfast rollout list | get | status`: how Rollouts stand."""

from __future__ import annotations

import asyncio
from enum import StrEnum

import msgspec
import typer

from holdfast.cli.connection import with_cluster
from holdfast.cli.output import Format, OutputOption, print_document, print_fields, print_table
from holdfast.cli.rollout import experiments, hints, rollouts, tree
from holdfast.cli.rollout.asking import NameArgument, WordsArgument, kind_and_name
from holdfast.cli.rollout.rollouts import EXPERIMENT, ROLLOUT, KubeconfigOption, KubeconfigPath, NamespaceOption
from holdfast.engine.lang import instants
from holdfast.engine.rollout import defaults, group, phases, release_times, steps
from holdfast.engine.rollout.in_place import kinds
from holdfast.model.errors import Blocked
from holdfast.model.experiment import Experiment
from holdfast.model.kube import KubeObject, name_of, namespace_of
from holdfast.model.rollout import Rollout
from holdfast.ports.cluster import Cluster
from holdfast.runtime.clock import SystemClock

HEADINGS = (
    "NAMESPACE",
    "NAME",
    "STRATEGY",
    "STATUS",
    "STEP",
    "SET-WEIGHT",
    "READY",
    "DESIRED",
    "UP-TO-DATE",
    "AVAILABLE",
)
PAUSE = 0.5
ROOM = 12


class Listed(StrEnum):
    ROLLOUTS = "rollouts"
    EXPERIMENTS = "experiments"


def list_(
    kind: Listed = typer.Argument(Listed.ROLLOUTS, help="What to list."),
    name: str = typer.Option("", "--name", help="Only the one of this name."),
    watch: bool = typer.Option(False, "--watch", "-w", help="Print again what changes."),
    timestamps: bool = typer.Option(False, "--timestamps", help="With --watch: say when it was seen."),
    timeout: float = typer.Option(0.0, "--timeout", min=0, help="Seconds to watch; 0 watches for ever."),
    kubeconfig: KubeconfigPath = KubeconfigOption,
    namespace: str = typer.Option("", "--namespace", "-n", help="Only this namespace; by default all."),
    everywhere: bool = typer.Option(False, "--all-namespaces", "-A", help="All namespaces, whatever --namespace says."),
    output: Format = OutputOption,
) -> None:
    """List the Rollouts, or the Experiments."""
    namespace = "" if everywhere else namespace
    if watch and (output is not Format.TABLE or kind is Listed.EXPERIMENTS):
        raise Blocked("NoWatch", "--watch follows the table of Rollouts: leave out -o and `experiments`")

    async def work(cluster: Cluster) -> None:
        if watch:
            await _follow(cluster, namespace, name, timestamps=timestamps, timeout=timeout)
        else:
            found = await _listed(cluster, kind, namespace, name)
            _print_all(kind, found, output)
            if not found and output in (Format.TABLE, Format.WIDE):
                called = f" of the name {name!r}" if name else ""
                typer.echo(
                    f"there are no {kind.value}{called}{f' in namespace {namespace!r}' if namespace else ''}", err=True
                )

    with_cluster(kubeconfig, work)


async def _listed(cluster: Cluster, kind: Listed, namespace: str, name: str) -> list[KubeObject]:
    resource = ROLLOUT if kind is Listed.ROLLOUTS else EXPERIMENT
    found = [live.decode() for live in (await cluster.list(resource, namespace=namespace)).items]
    return [obj for obj in found if not name or name_of(obj) == name]


def _print_all(kind: Listed, found: list[KubeObject], output: Format) -> None:
    if output in (Format.JSON, Format.YAML):
        print_document(found, output)
        return
    if kind is Listed.EXPERIMENTS:
        experiments.print_all(found, output, SystemClock().now())
        return
    chosen = _sorted(found)
    if output is Format.NAME:
        for rollout in chosen:
            typer.echo(str(rollout.metadata.key))
        return
    print_table(HEADINGS, [row(rollout) for rollout in chosen])


def _sorted(found: list[KubeObject]) -> list[Rollout]:
    return sorted((msgspec.convert(obj, Rollout) for obj in found), key=lambda it: it.metadata.key)


async def _follow(cluster: Cluster, namespace: str, name: str, *, timestamps: bool, timeout: float) -> None:
    """All of them, then each one that has changed, under the same headings; and those that have gone."""
    before: dict[tuple[str, ...], tuple[str, ...]] = {}
    waited, is_first = 0.0, True
    while True:
        found = _sorted(await _listed(cluster, Listed.ROLLOUTS, namespace, name))
        rows = {cells[:2]: cells for cells in map(row, found)}
        gone = [
            (*place, *("gone" if at == 1 else "-" for at in range(len(HEADINGS) - 2))) for place in before.keys() - rows
        ]
        changed = [cells for place, cells in rows.items() if before.get(place) != cells] + sorted(gone)
        if changed or is_first:
            _print_changed(changed, timestamps=timestamps, with_headings=is_first)
        if timeout and waited >= timeout:
            return
        before, is_first = rows, False
        await asyncio.sleep(PAUSE)
        waited += PAUSE


def _print_changed(changed: list[tuple[str, ...]], *, timestamps: bool, with_headings: bool) -> None:
    """Lines that come later stand under those before: each column has room for a name."""
    lines = [HEADINGS, *changed] if with_headings else changed
    stamp = instants.stamp(SystemClock().now())
    for line in lines:
        cells = [f"{cell:<{max(len(heading), ROOM)}}" for heading, cell in zip(HEADINGS, line, strict=True)]
        if timestamps:
            cells.insert(0, f"{'TIMESTAMP' if line is HEADINGS else stamp:<{len(stamp)}}")
        typer.echo("  ".join(cells).rstrip())


def row(rollout: Rollout) -> tuple[str, ...]:
    status = rollout.status
    is_blue_green = defaults.blue_green(rollout) is not None
    has_steps = not is_blue_green and steps.count(rollout) > 0
    return (
        rollout.metadata.namespace,
        rollout.metadata.name,
        "BlueGreen" if is_blue_green else "Canary",
        phases.shown(rollout)[0],
        f"{steps.index(rollout)}/{steps.count(rollout)}" if has_steps else "-",
        str(_weight(rollout)) if has_steps else "-",
        f"{status.ready_replicas}/{_wanted(rollout)}",
        str(_wanted(rollout)),
        str(status.updated_replicas),
        str(status.available_replicas),
    )


def _wanted(rollout: Rollout) -> int:
    """Where the pods are those of a StatefulSet or DaemonSet, it has as many as it wants, but for moments."""
    return defaults.replicas(rollout) if kinds.reference(rollout) is None else rollout.status.replicas


def _weight(rollout: Rollout) -> int:
    is_promoted = rollout.status.current_pod_hash == rollout.status.stable_rs
    return defaults.max_weight(rollout) if is_promoted else steps.weight(rollout)


def get(
    words: list[str] = WordsArgument,
    watch: bool = typer.Option(False, "--watch", "-w", help="Print again whenever something changes."),
    timeout: float = typer.Option(0.0, "--timeout", min=0, help="Seconds to watch; 0 watches for ever."),
    kubeconfig: KubeconfigPath = KubeconfigOption,
    namespace: str = NamespaceOption,
    output: Format = OutputOption,
) -> None:
    """Show one Rollout with its revisions, their pods, analyses and experiments; or one Experiment."""
    kind, name = kind_and_name(words)

    async def work(cluster: Cluster) -> None:
        before, waited = "", 0.0
        while True:
            read = experiments.read_object if kind == "experiment" else rollouts.read_object
            obj = await read(cluster, name, namespace)
            if output in (Format.JSON, Format.YAML):
                print_document(obj, output)
                return
            if output is Format.NAME:
                typer.echo(f"{namespace_of(obj)}/{name_of(obj)}")
                return
            fields, rows = await _told(cluster, obj, kind)
            seen = repr((fields, tree.without_ages(rows)))
            if seen != before:
                print_fields(fields)
                typer.echo()
                print_table(tree.HEADINGS, rows)
            if not watch or (timeout and waited >= timeout):
                return
            before = seen
            await asyncio.sleep(PAUSE)
            waited += PAUSE

    with_cluster(kubeconfig, work)


async def _told(cluster: Cluster, obj: KubeObject, kind: str) -> tuple[list[tuple[str, str]], list[tree.Row]]:
    now = SystemClock().now()
    if kind == "experiment":
        fields = experiments.summary(msgspec.convert(obj, Experiment), now)
        return fields, tree.experiment_rows(obj, await tree.owned(cluster, namespace_of(obj)), now)
    rollout = msgspec.convert(obj, Rollout)
    family = await tree.gather(cluster, rollout)
    images = ", ".join(tree.images(rollout, family))
    fields = [*summary(rollout), *([("Images", images)] if images else [])]
    next_ = hints.way_on(rollout, obj)
    fields += [*await together(cluster, rollout), *([("Next", next_)] if next_ else [])]
    return fields, tree.rows(rollout, family, now)


async def together(cluster: Cluster, rollout: Rollout) -> list[tuple[str, str]]:
    """Its release group, and whom of it the Rollout waits for."""
    name = group.name_of(rollout)
    if not name:
        return []
    listing = await cluster.list(ROLLOUT, namespace=rollout.metadata.namespace, labels=f"{group.LABEL}={name}")
    waits = group.waits_for(rollout, [msgspec.convert(live.decode(), Rollout) for live in listing.items])
    return [("Group", name), *([("WaitsFor", ", ".join(waits))] if waits else [])]


def summary(rollout: Rollout) -> list[tuple[str, str]]:
    phase, message = phases.shown(rollout)
    status = rollout.status
    fields = [("Name", rollout.metadata.name), ("Namespace", rollout.metadata.namespace), ("Status", phase)]
    if message:
        fields.append(("Message", message))
    if defaults.blue_green(rollout) is not None:
        fields.append(("Strategy", "BlueGreen"))
    else:
        fields.append(("Strategy", "Canary"))
        if steps.count(rollout):
            fields.append(("Step", f"{steps.index(rollout)}/{steps.count(rollout)}"))
        fields.append(("SetWeight", str(_weight(rollout))))
        if status.canary.weights is not None:
            # Once it is over, the new version is what the router knows as the stable one.
            is_over = status.stable_rs == status.current_pod_hash
            fields.append(("ActualWeight", "100" if is_over else str(status.canary.weights.canary.weight)))
    return [
        *fields,
        *plugins(rollout),
        ("Desired", str(_wanted(rollout))),
        ("Current", str(status.replicas)),
        ("Updated", str(status.updated_replicas)),
        ("Ready", str(status.ready_replicas)),
        ("Available", str(status.available_replicas)),
    ]


def plugins(rollout: Rollout) -> list[tuple[str, str]]:
    """What its step plugins were asked, and what they said last; steps are counted from 1."""
    return [
        ("Plugin", f"step {one.index + 1}, {one.operation} {one.name}: {one.phase} {one.message}".rstrip())
        for one in rollout.status.canary.step_plugin_statuses
    ]


def status(
    name: str = NameArgument,
    watch: bool = typer.Option(
        True, "--watch/--no-watch", "-w", help="Wait until it is healthy or degraded, or a person is waited for."
    ),
    through_pauses: bool = typer.Option(False, "--through-pauses", help="Wait while a person is waited for, too."),
    timeout: float = typer.Option(0.0, "--timeout", help="Seconds to wait; 0 waits for ever."),
    kubeconfig: KubeconfigPath = KubeconfigOption,
    namespace: str = NamespaceOption,
) -> None:
    """Tell the state in one word. The exit code is 1 when it is degraded or the time is over."""

    async def work(cluster: Cluster) -> str:
        waited, before = 0.0, ("", "")
        while True:
            rollout = await rollouts.read(cluster, name, namespace)
            said = phases.shown(rollout)
            if said != before:
                typer.echo(f"{said[0]} - {said[1]}" if said[1] else said[0])
            if not watch or not goes_on(rollout, through_pauses=through_pauses):
                return said[0]
            if timeout and waited >= timeout:
                typer.echo(f"not done within {timeout:g} s")
                return phases.Phase.DEGRADED
            before = said
            await asyncio.sleep(PAUSE)
            waited += PAUSE

    if with_cluster(kubeconfig, work) == phases.Phase.DEGRADED:
        raise typer.Exit(1)


def goes_on(rollout: Rollout, *, through_pauses: bool) -> bool:
    """Whoever waits for the end of its release still has to wait. A pause of a known length is a part of the release."""
    phase, _ = phases.shown(rollout)
    if phase == phases.Phase.PAUSED:
        return through_pauses or not release_times.waits_for_a_person(rollout)
    return phase == phases.Phase.PROGRESSING
