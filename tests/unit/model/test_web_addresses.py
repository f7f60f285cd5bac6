"""Addresses as others write them."""

from __future__ import annotations

import pytest

from holdfast.model.web_addresses import host_in, is_web_address, led_to, origin_of


@pytest.mark.parametrize(
    ("url", "is_one", "host", "origin"),
    [
        ("https://A.example/x", True, "a.example", ("https", "a.example", 443)),
        ("http://u:p@a.example:8080", True, "a.example", ("http", "a.example", 8080)),
        ("http://[::1]/", True, "::1", ("http", "::1", 80)),
        ("ftp://a.example/", False, "a.example", ("ftp", "a.example", None)),
        ("/a", False, "", ("", "", None)),
        ("http://[bad/", False, "", ("", "", None)),
        ("http://a.example:99999/", False, "a.example", ("", "", None)),
        ("http://a.example/" + "x" * 100, False, "a.example", ("http", "a.example", 80)),
    ],
)
def test_an_address_is_read_or_is_none(url: str, is_one: bool, host: str, origin: tuple[str, str, int | None]) -> None:
    assert (is_web_address(url, 100), host_in(url), origin_of(url)) == (is_one, host, origin)


@pytest.mark.parametrize(
    ("said", "target"),
    [
        ("../b", "https://a.example/b"),
        ("http://b.example/", "http://b.example/"),
        ("//b.example/", "https://b.example/"),
        ("http://[bad", "http://[bad"),
    ],
)
def test_what_is_said_is_read_from_where_it_was_said(said: str, target: str) -> None:
    assert led_to("https://a.example/x/y", said) == target
