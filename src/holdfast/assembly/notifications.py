"""Opens what notifications are filled and sent with."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from random import Random

from msgspec import Struct

from holdfast.adapters.notify.notifier import ServiceNotifier
from holdfast.adapters.texts.pool import TextPool
from holdfast.assembly.rollout_namespaces import NAMESPACES
from holdfast.controllers.notification.controller import NotificationController
from holdfast.controllers.notification.subject import ROLLOUTS
from holdfast.ports.cluster import Cluster
from holdfast.ports.notifications import Notifier
from holdfast.ports.texts import Texts
from holdfast.runtime.aws.identity import AwsPlace
from holdfast.runtime.clock import SystemClock


class Tools(Struct, frozen=True):
    texts: Texts
    notifier: Notifier


@asynccontextmanager
async def notification_tools() -> AsyncIterator[Tools]:
    """A worker is started by the first text."""
    tools = Tools(TextPool(), ServiceNotifier(aws=AwsPlace.of(os.environ)))
    try:
        yield tools
    finally:
        await tools.texts.close()
        await tools.notifier.close()


@asynccontextmanager
async def notifications_of_rollouts(
    cluster: Cluster, *, self_service: bool, namespaces: Sequence[str] = NAMESPACES
) -> AsyncIterator[NotificationController]:
    async with notification_tools() as tools:
        yield NotificationController(
            cluster=cluster,
            clock=SystemClock(),
            random=Random(),  # noqa: S311 - jitter
            subject=ROLLOUTS,
            namespaces=namespaces,
            notifier=tools.notifier,
            texts=tools.texts,
            self_service=self_service,
        )
