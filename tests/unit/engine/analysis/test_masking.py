"""What stands in a run holds no Secret and has an end."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from holdfast.engine.analysis import masking
from holdfast.model.analysis import Measurement


def test_a_secret_within_another_leaves_no_rest() -> None:
    assert masking.masked("abc abcdef", ["abc", "abcdef", ""]) == "***** *****"


@given(st.text(min_size=1, alphabet="abc"), st.text(alphabet="abc "))
def test_no_secret_is_left(secret: str, text: str) -> None:
    cleaned = masking.clean(Measurement(message=text, value=text, metadata={"said": text}), [secret])
    assert secret not in cleaned.message + "|" + cleaned.value + "|" + cleaned.metadata["said"]


def test_an_answer_without_end_is_cut_after_it_is_masked() -> None:
    secret = "s" * 5000
    cleaned = masking.clean(Measurement(value=secret + "x" * 9000), [secret])
    assert len(cleaned.value) == masking.LONGEST_VALUE
    assert cleaned.value.startswith("*****xxx")
