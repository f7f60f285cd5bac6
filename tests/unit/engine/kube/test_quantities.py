"""Quantities in the server's form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.engine.kube import quantities


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("1000m", "1"),
        ("1024Mi", "1Gi"),
        ("0.5", "500m"),
        ("1.5Gi", "1536Mi"),
        ("100", "100"),
        ("1000", "1k"),
        ("1500", "1500"),
        ("1e3", "1e3"),
        ("0", "0"),
        ("-2000m", "-2"),
        ("1500m", "1500m"),
        ("128Mi", "128Mi"),
        ("0.0000000001", "1n"),
        ("1025Ki", "1025Ki"),
    ],
)
def test_a_quantity_has_one_form(text: str, canonical: str) -> None:
    assert quantities.canonical(text) == canonical


@pytest.mark.parametrize("text", ["", "x", "1 Gi", "1GiB", "--1", "1e99999", "9" * 65, "1e999", "é"])
def test_what_is_no_quantity_is_refused(text: str) -> None:
    with pytest.raises(quantities.QuantityError):
        quantities.canonical(text)


@given(st.from_regex(r"\A[+-]?[0-9]{1,12}(\.[0-9]{1,9})?(n|u|m|k|M|G|T|Ki|Mi|Gi)?\Z"))
def test_the_form_is_stable_and_never_smaller(text: str) -> None:
    form = quantities.canonical(text)
    assert quantities.canonical(form) == form
    assert abs(quantities.value_of(form)) >= abs(quantities.value_of(text))
