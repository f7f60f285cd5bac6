"""Where webhooks are taken in."""

from __future__ import annotations

import pytest

from holdfast.assembly.web_process import address_of
from holdfast.model.errors import Blocked


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:8080", ("127.0.0.1", 8080)),
        (":8080", ("", 8080)),
        ("[::1]:1", ("::1", 1)),
        ("localhost:0", ("localhost", 0)),
    ],
)
def test_an_address_is_a_host_and_a_port(text: str, address: tuple[str, int]) -> None:
    assert address_of(text) == address


@pytest.mark.parametrize("text", ["8080", "localhost", "localhost:http", ":99999", ""])
def test_anything_else_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(Blocked, match="HOST:PORT"):
        address_of(text)
