"""`holdfast up`: everything in one process, and what to try next."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import typer

from holdfast.cli.app.applications import health_of, is_operation_pending, sync_of
from holdfast.cli.load_balancer_options import VerifyLoadBalancersOption
from holdfast.cli.monitoring_options import MetricsOption
from holdfast.cli.plugin_options import MetricPluginsOption, PluginsOption, StepPluginsOption
from holdfast.model.errors import ApiError, Blocked
from holdfast.model.kube import KubeObject, name_of

if TYPE_CHECKING:
    from holdfast.assembly.bootstrap import PlannedChange
    from holdfast.assembly.settings import UpSettings
    from holdfast.assembly.up import Running

# Seconds until the cluster is asked again when it does not answer.
SHORTEST_PAUSE = 0.5
LONGEST_PAUSE = 30.0


def up(
    once: bool = typer.Option(False, "--once", help="End with 0 as soon as all is Synced and Healthy, else with 1."),
    timeout: float = typer.Option(180.0, "--timeout", help="With --once: seconds to wait at most."),
    repo: str = typer.Option("", "--repo", help="Keep the cluster at this repository (URL or local path)."),
    path: str = typer.Option(".", "--path", help="With --repo: the path in it."),
    revision: str = typer.Option("HEAD", "--revision", help="With --repo: branch, tag, commit or version range."),
    include: str = typer.Option("", "--include", help="With --repo: read only manifests that match, in all folders."),
    dest_namespace: str = typer.Option("default", "--dest-namespace", help="With --repo: where its objects go."),
    env: str = typer.Option("dev", "--env", help="Environment of the example repository: dev, stage or prod."),
    kubeconfig: Path | None = typer.Option(None, "--kubeconfig", help="Use this cluster instead of a sandbox."),
    data: Path = typer.Option(Path(".holdfast"), "--data", help="Folder for kubeconfig, repositories and caches."),
    port: int = typer.Option(0, "--port", help="Port of the sandbox; by default a free one."),
    listen: str = typer.Option("", "--listen", help="Where webhooks are taken in, such as 127.0.0.1:8080."),
    poll: int = typer.Option(10, "--poll", min=1, help="Seconds between two looks at the repositories."),
    speed: float = typer.Option(1.0, "--speed", min=0.1, max=1000, help="How much faster the sandbox's clock runs."),
    plugins: Path | None = PluginsOption,
    step_plugins: Path | None = StepPluginsOption,
    metric_plugins: Path | None = MetricPluginsOption,
    verify_load_balancers: bool = VerifyLoadBalancersOption,
    monitoring: str = MetricsOption,
    yes: bool = typer.Option(False, "--yes", "-y", help="With --kubeconfig: do not ask before the first changes."),
) -> None:
    """Bring everything up on this machine and keep a cluster at what Git says."""
    from holdfast.assembly.settings import (
        EngineSettings,
        UpSettings,
        metric_plugin_folder,
        plugin_places,
        step_plugin_folder,
    )

    settings = UpSettings(
        data=data,
        environment=env,
        kubeconfig=kubeconfig,
        repository=repo,
        path=path,
        revision=revision,
        include=include,
        destination_namespace=dest_namespace,
        port=port,
        speed=speed,
        engine=EngineSettings(
            poll_seconds=poll,
            listen=listen,
            plugins=plugin_places(plugins),
            step_plugins=step_plugin_folder(step_plugins),
            metric_plugins=metric_plugin_folder(metric_plugins),
            verify_load_balancers=verify_load_balancers,
            monitoring=monitoring,
        ),
    )
    try:
        as_wished = asyncio.run(_run(settings, once=once, timeout=timeout, yes=yes))
    except KeyboardInterrupt:
        say("Stopped. `holdfast up` carries on from here.")
        raise typer.Exit(130) from None
    raise typer.Exit(0 if as_wished else 1)


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def _run(settings: UpSettings, *, once: bool, timeout: float, yes: bool) -> bool:
    from holdfast.assembly.up import running_up

    def confirm(changes: list[PlannedChange]) -> bool:
        if settings.kubeconfig is None or yes:
            return True
        say("These changes are made first:")
        for change in changes:
            say(f"  {change}")
        return typer.confirm("Make them?")

    async with running_up(settings, say, confirm) as running:
        following = asyncio.create_task(_Display(running, settings, once=once).follow())
        try:
            async with asyncio.timeout(timeout if once else None):
                await asyncio.wait({following, *running.tasks}, return_when=asyncio.FIRST_COMPLETED)
        except TimeoutError:
            say(f"\nNot all applications are Synced and Healthy after {timeout:g} s:")
            await _print_state(running, settings)
            return False
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)
        for task in running.tasks:
            if task.done():
                task.result()
                raise Blocked(
                    "Ended", f"the {task.get_name()} ended without being asked to; see {settings.data}/holdfast.log"
                )
        following.result()
        say("\nAll applications are Synced and Healthy.")
        await _print_state(running, settings)
        return True


class _Display:
    """Prints each application as it changes; with `once` it ends when all are as wished. The engine outlives an API
    server that is away for a while, so this does too."""

    def __init__(self, running: Running, settings: UpSettings, *, once: bool) -> None:
        self._running = running
        self._settings = settings
        self._once = once
        self._shown: dict[str, str] = {}
        self._is_told = False

    async def follow(self) -> None:
        pause = SHORTEST_PAUSE
        while True:
            began = monotonic()
            try:
                return await self._follow_while_answered()
            except ApiError as error:
                if 0 < error.status < 500:
                    raise
                pause = SHORTEST_PAUSE if monotonic() - began > LONGEST_PAUSE else min(2 * pause, LONGEST_PAUSE)
                say(f"  no answer from the cluster, asking again in {pause:g} s: {error.message}")
            await asyncio.sleep(pause)

    async def _follow_while_answered(self) -> None:
        from holdfast.cli.app.watching import changes_of_applications

        apps: dict[str, KubeObject] = {}
        async for name, app in changes_of_applications(self._running.cluster, self._settings.engine.namespace):
            if app is None:
                apps.pop(name, None)
                say(f"  {name:<32} deleted")
                continue
            apps[name] = app
            line = _line(app)
            if self._shown.get(name) != line:
                self._shown[name] = line
                say(line)
            if all_as_wished(apps.values(), self._running.root):
                if self._once:
                    return
                if not self._is_told:
                    self._is_told = True
                    _print_hints(self._running, self._settings, apps)


def all_as_wished(apps: Iterable[KubeObject], root: str) -> bool:
    """The root is there and compared, and every application is Synced and Healthy with nothing running."""
    found = list(apps)
    return any(name_of(app) == root for app in found) and all(
        sync_of(app) == "Synced" and health_of(app) == "Healthy" and not is_operation_pending(app) for app in found
    )


def _line(app: KubeObject) -> str:
    status = app.get("status") or {}
    conditions = status.get("conditions") or []
    said = conditions[0].get("message", "") if conditions else ""
    operation = (status.get("operationState") or {}) if is_operation_pending(app) else {}
    note = said or (operation.get("message") or operation.get("phase") or "")
    first = note.splitlines()[0] if note else ""
    revision = str((status.get("sync") or {}).get("revision") or "")[:8]
    return f"  {name_of(app):<32} {sync_of(app):<10} {health_of(app):<12} {revision:<9} {first}".rstrip()


async def _print_state(running: Running, settings: UpSettings) -> None:
    from holdfast.cli.app.applications import list_applications
    from holdfast.cli.app.listing import HEADINGS, row
    from holdfast.cli.output import print_table

    apps = await list_applications(running.cluster, settings.engine.namespace)
    print_table(HEADINGS, [row(app) for app in apps])
    for app in apps:
        for condition in (app.get("status") or {}).get("conditions") or []:
            say(f"\n{name_of(app)}: {condition.get('type')}: {condition.get('message')}")


def _print_hints(running: Running, settings: UpSettings, apps: dict[str, KubeObject]) -> None:
    from holdfast.cli.hints import hints

    say("\nAll applications are Synced and Healthy. What to try next:\n")
    for line in hints(running.kubeconfig, settings.data.absolute(), apps, is_example=not settings.repository):
        say(f"  {line}" if line else "")
    say("\nCtrl-C ends it; the same command carries on from here.")
