"""Which addresses no metric may ask, in all their spellings."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.adapters.metrics import addresses
from holdfast.adapters.metrics.http import Http, Request
from holdfast.ports.metrics import MetricError
from holdfast.runtime.addresses import GuardedResolver

REFUSED = (
    "169.254.169.254",
    "169.254.0.1.",
    "2852039166",
    "0xa9fea9fe",
    "0xa9.254.169.254",
    "0251.0376.0251.0376",
    "169.254.43518",
    "::ffff:169.254.169.254",
    "[fe80::1%eth0]",
    "64:ff9b::a9fe:a9fe",
    "2002:a9fe:a9fe::1",
    "fd00:ec2::254",
    "100.100.100.200",
    "metadata.google.internal",
    "Metadata.Google.Internal.",
    "\uff11\uff16\uff19.254.169.254",
    "169\u3002254\u300243518",
    "\uff4detadata",
)
OTHER_DIGITS = "\uff11\uff16\uff19.254.169.254"
ASKED = ("127.0.0.1", "10.0.0.7", "192.168.1.1", "::1", "fd12::1", "prometheus.monitoring", "bad", "face.b00c", "1.2")


@pytest.mark.parametrize("host", REFUSED)
def test_link_local_and_metadata_addresses_are_refused_in_every_spelling(host: str) -> None:
    assert addresses.is_refused(host)


@pytest.mark.parametrize("host", ASKED)
def test_private_addresses_and_names_are_asked(host: str) -> None:
    assert not addresses.is_refused(host)


@given(st.integers(0, 2**32 - 1))
def test_one_address_is_judged_alike_in_all_spellings(number: int) -> None:
    address = ipaddress.IPv4Address(number)
    spellings = (str(address), str(number), hex(number), f"::ffff:{address}")
    assert {addresses.is_refused(one) for one in spellings} == {addresses.is_refused(str(address))}


@pytest.mark.real_time
@pytest.mark.parametrize(
    "host", ["169.254.169.254", "2852039166", "[::ffff:a9fe:a9fe]", "metadata.google.internal", OTHER_DIGITS]
)
async def test_a_refused_address_is_told_and_not_asked(host: str) -> None:
    http = Http()
    try:
        with pytest.raises(MetricError, match="link-local"):
            await http.ask(Request(f"http://{host}/latest/meta-data/", seconds=2))
    finally:
        await http.close()


@pytest.mark.real_time
async def test_a_name_that_leads_to_a_refused_address_leads_nowhere() -> None:
    resolver = GuardedResolver(addresses.is_refused, addresses.REFUSED)
    try:
        # The system's own resolver takes short numbers for names.
        with pytest.raises(OSError, match="link-local"):
            await resolver.resolve("0xa9fea9fe", 80)
        assert await resolver.resolve("127.1", 80)
    finally:
        await resolver.close()
