"""Whatever manifests say, a comment stays what we have made it. A reader of Markdown of somebody else is the judge."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from holdfast.engine.preview import comment
from holdfast.model.comparison import Difference
from holdfast.model.keys import NamespacedName, ObjectKey
from holdfast.model.preview import AppPreview, ChangeKind, ObjectChange, Preview
from holdfast.model.pull_request import Provider

EVIL = (
    "```", "````", "~~~", "\n", "\r\n", "\n\n", "</details>", "</summary>", "<script>", "# head", "[x](http://e)", "![i](u)",
    "@ada", "@org/team", "fixes #1", "Closes GH-2", "resolve https://h/o/r/issues/3", "\u202e", "\u2028", "\x00", "`", "/merge",
    "[//]: # (holdfast-preview x)", "<!-- ", "-->", "|", "\t", "    ", "\ud800",
)  # fmt: skip
texts = st.lists(st.sampled_from(EVIL) | st.text(max_size=4), max_size=4).map("".join)
values = st.none() | st.integers(0, 9) | texts.map(lambda text: text.replace("\ud800", "")) | st.booleans()
fields = st.builds(Difference, texts, values, values)
keys = st.builds(ObjectKey, texts, texts, texts, texts)
changes = st.builds(
    ObjectChange,
    keys,
    st.sampled_from(ChangeKind),
    st.lists(fields, max_size=2).map(tuple),
    st.lists(fields, max_size=1).map(tuple),
    st.booleans(),
    st.lists(texts, max_size=1).map(tuple),
)
apps = st.builds(
    AppPreview,
    st.builds(NamespacedName, texts, texts),
    st.just("a" * 40),
    texts,
    st.lists(changes, max_size=2).map(tuple),
    texts,
    st.none() | st.sampled_from(ChangeKind),
    texts,
)
previews = st.builds(Preview, texts, texts, texts, st.lists(apps, max_size=2).map(tuple), st.integers(0, 9))
READER = MarkdownIt("commonmark")
CLOSES = re.compile(r"\b(?:clos|fix|resolv)(?:e[sd]?|ing|ed|es)?:?\s+\S*(?:#|GH-|/issues/)\d", re.IGNORECASE)


@given(previews, st.sampled_from(list(Provider)))
def test_nothing_leaves_its_block(preview: Preview, provider: Provider) -> None:
    flavor = comment.FLAVORS[provider]
    shown = comment.comment(preview, flavor, "holdfast/preview")
    assert len(shown.encode()) <= flavor.limit
    tokens = READER.parse(shown)
    assert [token.info for token in tokens if token.type in ("fence", "code_block")] == ["diff"] * len(preview.apps)
    headings = 1 + (0 if flavor.folds else len(preview.apps))
    assert sum(token.type == "heading_open" for token in tokens) == headings
    kinds = {"heading_open", "heading_close", "paragraph_open", "paragraph_close", "inline", "fence", "html_block"}
    assert {token.type for token in tokens} <= kinds
    inline = {child.type for token in tokens for child in token.children or ()}
    assert inline <= {"text", "code_inline"}
    for token in tokens:
        if token.type == "html_block":
            plain = re.sub(r"</?(?:details|summary|code)>", "", token.content)
            assert not set("<>&@#`") & set(plain)


@given(previews, st.sampled_from(list(Provider)))
def test_nobody_is_called_and_nothing_is_closed(preview: Preview, provider: Provider) -> None:
    shown = comment.comment(preview, comment.FLAVORS[provider], "holdfast/preview")
    assert not re.search(r"(?<![\w.])@[\w]", shown)
    assert not CLOSES.search(shown)


@given(texts)
def test_why_there_is_no_preview_is_shown_as_text(reason: str) -> None:
    tokens = READER.parse(comment.failure("a" * 40, reason, "holdfast/preview"))
    kinds = [token.type for token in tokens]
    assert kinds == ["heading_open", "inline", "heading_close", "fence"]
