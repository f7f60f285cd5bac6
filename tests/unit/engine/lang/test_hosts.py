"""Which hosts a repository must not lead to."""

from __future__ import annotations

import pytest

from holdfast.engine.lang.hosts import is_inside, is_own


@pytest.mark.parametrize(
    ("host", "inside", "own"),
    [
        ("values.example.com", False, False),
        ("1.1.1.1", False, False),
        ("2606:4700::1111", False, False),
        ("10.1.2.3", True, False),
        ("fd12::1", True, False),
        ("100.64.0.1", True, False),
        ("files.internal", True, False),
        ("127.0.0.1", True, True),
        ("[::1]", True, True),
        ("0.0.0.0", True, True),
        ("localhost", True, True),
        ("LocalHost.", True, True),
        ("a.localhost", True, True),
        ("169.254.169.254", True, True),
        ("fe80::1%eth0", True, True),
        ("::ffff:127.0.0.1", True, True),
        ("::127.0.0.1", True, True),
        ("64:ff9b::7f00:1", True, True),
        ("64:ff9b::a9fe:a9fe", True, True),
        ("2002:7f00:1::", True, True),
        ("224.0.0.1", True, True),
        ("168.63.129.16", True, True),
        ("100.100.100.200", True, True),
        ("fd00:ec2::254", True, True),
        ("fd20:ce::254", True, True),
        ("metadata.google.internal", True, True),
        ("\uff11\uff16\uff19.254.169.254", True, True),
        ("169\u3002254\u3002169\u3002254", True, True),
        ("127\uff0e0\uff610.1", True, True),
        ("\u2460\u2461\u2466.0.0.1", True, True),
        ("169.254.169\u00ad.254\u200b", True, True),
        ("\uff4cocal\ufe00host", True, True),
        ("b\u00fccher.example", False, False),
    ],
)
def test_hosts_are_told_apart(host: str, inside: bool, own: bool) -> None:
    assert (is_inside(host), is_own(host)) == (inside, own)
