"""How many webhooks are worked on at once, and how many of strangers a minute."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.engine.webhooks import limits as settings
from holdfast.model.errors import TooManyRequests
from holdfast.model.webhook import WebhookLimits
from holdfast.server import admission
from holdfast.server.admission import RETRY, Admission, network_of
from tests.unit.server.test_webhooks import HandClock


def wait_for(subject: Admission, address: str, limits: WebhookLimits) -> int:
    """Seconds that the address is told to wait; 0 when it was let in."""
    try:
        subject.charge(address, limits)
    except TooManyRequests as error:
        return int(error.details[RETRY])
    return 0


def test_one_address_does_not_use_up_what_another_may_send() -> None:
    subject, limits = Admission(HandClock()), WebhookLimits(per_minute_of_address=2, per_minute=3)
    assert [wait_for(subject, "192.0.2.1", limits) for _ in range(3)] == [0, 0, 30]
    assert [wait_for(subject, "192.0.2.2", limits) for _ in range(2)] == [0, 20]  # of all together
    assert wait_for(subject, "192.0.2.3", limits) == 20


def test_who_is_refused_pays_nothing() -> None:
    clock = HandClock()
    subject, limits = Admission(clock), WebhookLimits(per_minute_of_address=1, per_minute=2)
    assert [wait_for(subject, "192.0.2.1", limits) for _ in range(100)] == [0, *[60] * 99]
    assert wait_for(subject, "192.0.2.2", limits) == 0
    clock.time += 60
    assert wait_for(subject, "192.0.2.1", limits) == 0


def test_addresses_that_are_remembered_are_bounded() -> None:
    clock = HandClock()
    subject, limits = Admission(clock), WebhookLimits(per_minute_of_address=1, per_minute=1_000_000)
    for number in range(admission.MOST_ADDRESSES + 500):
        wait_for(subject, f"10.0.{number // 256}.{number % 256}", limits)
    assert subject.addresses == admission.MOST_ADDRESSES
    assert wait_for(subject, "10.0.20.1", limits) == 0  # not seen yet
    assert wait_for(subject, "10.0.17.200", limits) == 60  # seen lately
    clock.time += 61
    wait_for(subject, "10.9.9.9", limits)
    assert subject.addresses == 2  # the others are as if they had never been here


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:bbbb::2", "2001:db8:1:2::/64"),
        ("", "unknown"),
        ("unix", "unix"),
    ],
)
def test_whoever_has_one_address_of_a_network_has_all_of_it(address: str, network: str) -> None:
    assert network_of(address) == network


@given(
    st.lists(st.tuples(st.sampled_from(["a", "b", "c"]), st.floats(0, 90)), max_size=60),
    st.integers(1, 5),
    st.integers(1, 8),
)
def test_no_minute_lets_in_more_than_two_buckets(asked: list[tuple[str, float]], own: int, all_of_them: int) -> None:
    """What is saved up in one minute, and what comes in during it."""
    clock = HandClock()
    subject, limits = Admission(clock), WebhookLimits(per_minute_of_address=own, per_minute=all_of_them)
    let_in: list[tuple[str, float]] = []
    for address, pause in asked:
        clock.time += pause
        if wait_for(subject, address, limits) == 0:
            let_in.append((address, clock.time))
        own_times = [time for who, time in let_in if who == address]
        for most, times in ((own, own_times), (all_of_them, [time for _, time in let_in])):
            assert len([time for time in times if time > clock.time - 60]) <= 2 * most
    clock.time += 120
    assert wait_for(subject, "a", limits) == 0


async def turns(times: int = 6) -> None:
    for _ in range(times):
        await asyncio.sleep(0)


async def test_so_many_are_inside_and_the_next_waits_for_one_that_leaves() -> None:
    subject, limits = Admission(HandClock()), WebhookLimits(at_once=2)
    inside: list[int] = []
    seen: list[int] = []
    doors = [asyncio.Event() for _ in range(6)]

    async def enter(number: int) -> None:
        async with subject.turn(limits):
            inside.append(number)
            seen.append(len(inside))
            await doors[number].wait()
            inside.remove(number)

    tasks = [asyncio.create_task(enter(number)) for number in range(6)]
    await turns()
    assert inside == [0, 1]
    tasks[2].cancel()
    await turns()
    doors[0].set()
    await turns(1)
    tasks[3].cancel()  # whose turn it has just become
    await turns()
    assert inside == [1, 4]
    for door in doors:
        door.set()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert (inside, max(seen)) == ([], 2)
    async with subject.turn(limits), subject.turn(limits):
        pass


async def test_more_than_so_many_do_not_wait() -> None:
    subject, limits = Admission(HandClock()), WebhookLimits(at_once=1)

    async def enter() -> None:
        async with subject.turn(limits):
            pass

    async with subject.turn(limits):
        waiting = [asyncio.create_task(enter()) for _ in range(admission.MOST_WAITING)]
        await turns()
        with pytest.raises(TooManyRequests):
            await enter()
    await asyncio.gather(*waiting)


@pytest.mark.parametrize(
    ("data", "per_minute"),
    [
        ({}, 600),
        ({settings.PER_MINUTE: " 20 "}, 20),
        ({settings.PER_MINUTE: "0"}, 600),
        ({settings.PER_MINUTE: "-5"}, 600),
        ({settings.PER_MINUTE: "many"}, 600),
        ({settings.PER_MINUTE: "\u0663"}, 600),
        ({settings.PER_MINUTE: "9" * 5000}, 600),
        ({settings.PER_MINUTE: "9999999"}, 1_000_000),
    ],
)
def test_a_setting_that_cannot_be_read_changes_nothing(data: dict[str, str], per_minute: int) -> None:
    assert settings.from_settings(data).per_minute == per_minute
