"""What opens a repository, and by which way."""

from __future__ import annotations

import pytest

from holdfast.model.repository import RepositoryAccess


@pytest.mark.parametrize(
    ("no_proxy", "host", "goes_direct"),
    [
        ("", "git.example.com", False),
        (" , ", "git.example.com", False),
        ("git.example.com", "git.example.com", True),
        ("example.com", "git.example.com", True),
        (".example.com", "git.example.com", True),
        ("*.example.com", "git.example.com", True),
        ("EXAMPLE.com", "Git.example.com", True),
        ("ample.com", "git.example.com", False),
        ("other.com, *", "git.example.com", True),
        ("10.0.0.0/8", "10.1.2.3", True),
        ("10.0.0.0/8", "11.1.2.3", False),
        ("10.0.0.0/8", "git.example.com", False),
        ("10.1.2.3", "10.1.2.3", True),
        ("fd00::/8", "[fd00::1]", True),
        ("fd00::/8", "10.1.2.3", False),
    ],
)
def test_what_is_excepted_goes_past_the_proxy(no_proxy: str, host: str, goes_direct: bool) -> None:
    access = RepositoryAccess("https://x", proxy="http://proxy:3128", no_proxy=no_proxy)
    assert access.proxy_for(host) == ("" if goes_direct else "http://proxy:3128")
