"""An object that a script gives back untouched is the same object, in spite of Lua's one number and one table."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from holdfast.adapters.scripts import lua
from holdfast.engine.actions.restoring import restored
from holdfast.model.scripts import Script, ScriptRun

SCALARS = (
    st.booleans()
    | st.integers(min_value=-(2**63), max_value=2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
)
NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=20
)
RETURN = Script("key", "return obj")


def _typed(value: Any) -> Any:
    """1 and 1.0 are equal to Python, and differ here."""
    if isinstance(value, dict):
        return {name: _typed(item) for name, item in value.items()}
    return [_typed(item) for item in value] if isinstance(value, list) else (type(value), value)


@given(st.dictionaries(NAMES, VALUES, max_size=5))
def test_an_untouched_object_comes_back_as_it_went(obj: dict[str, Any]) -> None:
    assert _typed(restored(lua.run(ScriptRun(RETURN, obj)), obj)) == _typed(obj)
