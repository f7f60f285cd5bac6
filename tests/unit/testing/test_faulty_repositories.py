"""Every fault of Git, one at a time."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random

import pytest

from holdfast.model.errors import Blocked, HoldfastError, Transient
from holdfast.model.repository import RepositoryAccess
from holdfast.runtime.clock import LoopClock
from holdfast.testing.builders import REPOSITORY
from holdfast.testing.faulty_repositories import GIT_FAULTS, FaultyRepositories
from holdfast.testing.memory_repositories import MemoryRepositories

CLOCK = LoopClock(datetime(2026, 1, 1, tzinfo=UTC))
ACCESS = RepositoryAccess(url=REPOSITORY)


def faulty(inner: MemoryRepositories, name: str = "", *, stops_at: float = float("inf")) -> FaultyRepositories:
    chosen = tuple(fault for fault in GIT_FAULTS if fault.name == name)
    return FaultyRepositories(
        inner,
        random=Random(3),
        clock=CLOCK,
        faults=chosen,
        strength=1 / chosen[0].share if chosen else 0.0,
        stops_at=stops_at,
    )


@pytest.mark.parametrize(
    ("name", "error", "reason"),
    [
        ("the repository is unreachable", Transient, "RepositoryUnreachable"),
        ("the repository times out", Transient, "RepositoryTimeout"),
        ("the repository is being replaced", Blocked, "RepositoryNotFound"),
    ],
)
async def test_a_repository_fails(name: str, error: type[HoldfastError], reason: str) -> None:
    inner = MemoryRepositories()
    inner.commit(REPOSITORY, {"a": "1"})
    with pytest.raises(error) as caught:
        await faulty(inner, name).resolve(ACCESS, "main")
    assert getattr(caught.value, "reason", "") == reason


async def test_a_slow_repository_answers_what_is_true_at_the_end() -> None:
    inner = MemoryRepositories()
    commit = inner.commit(REPOSITORY, {"a": "1"})
    began = CLOCK.monotonic()
    assert await faulty(inner, "the repository is slow").resolve(ACCESS, "main") == commit
    assert CLOCK.monotonic() - began > 1


async def test_what_history_lost_cannot_be_had() -> None:
    inner = MemoryRepositories()
    old, new = inner.commit(REPOSITORY, {"a": "1"}), inner.commit(REPOSITORY, {"a": "2"})
    repositories = faulty(inner)
    repositories.lose(old)
    assert await repositories.resolve(ACCESS, "main") == new
    for ask in (repositories.resolve(ACCESS, old), repositories.fetch(ACCESS, old)):
        with pytest.raises(Blocked, match=old):
            await ask


async def test_faults_stop() -> None:
    inner = MemoryRepositories()
    inner.commit(REPOSITORY, {"a": "1"})
    repositories = faulty(inner, "the repository is unreachable", stops_at=CLOCK.monotonic())
    await repositories.resolve(ACCESS, "main")
    assert repositories.occurred == {}
