"""Globs as Argo CD reads them."""

from __future__ import annotations

import pytest

from holdfast.engine.lang.globs import GlobError, compile_glob, matches


@pytest.mark.parametrize(
    ("pattern", "separators", "fits", "misses"),
    [
        ("hello", "", "hello", "hell hello1"),
        ("*", "", "a a/b", ""),
        ("*", "/", "a", "a/b"),
        ("**", "/", "a a/b/c", ""),
        ("projects/**/app.yaml", "/", "projects/a/app.yaml projects/a/b/app.yaml", "projects/app.yaml x/app.yaml"),
        ("projects/*/app.yaml", "/", "projects/a/app.yaml", "projects/a/b/app.yaml"),
        ("a?c", "/", "abc", "a/c ac abbc"),
        ("[a-c]x", "", "ax cx", "dx x"),
        ("[!a-c]x", "", "dx", "ax x"),
        ("[abc]", "", "a b c", "d ab"),
        ("[!ab]", "", "c", "a b"),
        ("{a,b*}c", "", "ac bc bxxc", "c ab"),
        (
            "{argocd-app.yaml,argocd-app.{stage,prod}.yaml}",
            "",
            "argocd-app.yaml argocd-app.prod.yaml",
            "argocd-app.dev.yaml",
        ),
        ("{,a}b", "", "b ab", "aab"),
        (r"a\*b", "", "a*b", "axb"),
        (r"[\]]", "", "]", r"\ "),
        (
            "git@bitbucket.org:oro-codebase/*",
            "/",
            "git@bitbucket.org:oro-codebase/app.git",
            "git@bitbucket.org:other/x",
        ),
        ("über*", "", "überall", "uber"),
    ],
)
def test_a_pattern_fits_what_it_describes(pattern: str, separators: str, fits: str, misses: str) -> None:
    assert [text for text in fits.split() if not matches(pattern, text, separators)] == []
    assert [text for text in misses.split() if matches(pattern, text, separators)] == []


@pytest.mark.parametrize(
    "pattern", ["[", "[a", "[a-", "[a-]", "[]", "[z-a]", "[a-z0-9]", "{a", "{a,", "a\\", "{" * 40, "x" * 5000]
)
def test_a_pattern_that_cannot_be_read_is_an_error_and_fits_nothing(pattern: str) -> None:
    with pytest.raises(GlobError):
        compile_glob(pattern)
    assert not matches(pattern, pattern)


def test_no_pattern_makes_a_match_slow() -> None:
    assert not matches("*a" * 30 + "b", "a" * 2000)
