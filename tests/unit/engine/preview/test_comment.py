"""A preview as it stands on a pull request."""

from __future__ import annotations

import pytest

from holdfast.engine.preview import comment, quoting, verdict
from holdfast.model.comparison import Difference
from holdfast.model.keys import NamespacedName, ObjectKey
from holdfast.model.preview import AppPreview, ChangeKind, ObjectChange, Preview
from holdfast.model.pull_request import Provider, StatusState

HEAD = "b" * 40
WEB = ObjectKey("apps", "Deployment", "shop", "web")
CREATED = ObjectChange(WEB, ChangeKind.CREATE)
CHANGED = ObjectChange(WEB, ChangeKind.CHANGE, (Difference(".spec.replicas", 1, 2),))
DELETED = ObjectChange(WEB, ChangeKind.DELETE)
WARNED = ObjectChange(WEB, ChangeKind.CHANGE, warnings=("the cluster refuses it",))
GITHUB = comment.FLAVORS[Provider.GITHUB]
BITBUCKET = comment.FLAVORS[Provider.BITBUCKET]


def app(*changes: ObjectChange, name: str = "web", problem: str = "", hold: str = "") -> AppPreview:
    return AppPreview(NamespacedName("argocd", name), "a" * 40, HEAD, changes, problem, hold=hold)


def preview(*apps: AppPreview) -> Preview:
    return Preview("https://git.example.com/web", "a" * 40, HEAD, apps, unaffected=4)


@pytest.mark.parametrize(
    ("apps", "sentence", "state"),
    [
        ((), "nothing changes", StatusState.SUCCESS),
        ((app(CHANGED),), "1 application changes", StatusState.SUCCESS),
        (
            (app(CHANGED), app(CREATED), app(DELETED, hold="it would delete 1")),
            "3 applications change, 1 deletion, 1 guard hit",
            StatusState.SUCCESS,
        ),
        ((app(WARNED), app(DELETED, DELETED)), "2 applications change, 2 deletions, 1 warning", StatusState.SUCCESS),
        (
            (app(CHANGED), app(problem="line 3")),
            "1 application changes, 1 application cannot be rendered",
            StatusState.FAILURE,
        ),
    ],
)
def test_a_sentence_says_what_counts(apps: tuple[AppPreview, ...], sentence: str, state: StatusState) -> None:
    assert verdict.sentence(preview(*apps)) == sentence
    assert verdict.state(preview(*apps)) is state


def test_it_begins_with_a_line_that_nobody_sees() -> None:
    shown = comment.comment(preview(app(CHANGED)), GITHUB, "holdfast/preview")
    assert shown.splitlines()[0] == comment.marker("holdfast/preview") == "[//]: # (holdfast-preview holdfast/preview)"


def test_each_application_is_folded_where_that_can_be() -> None:
    found = preview(app(CHANGED), app(DELETED, name="db", hold="it would delete 1 of 1 objects"))
    assert comment.comment(found, GITHUB) == (
        "### Holdfast: what bbbbbbbbbbbb changes\n\n"
        "2 applications change, 1 deletion, 1 guard hit\n\n"
        "2 of 6 applications: 1 to change, 1 to delete\n"
        "\n<details><summary><code>argocd/web</code>: 1 object</summary>\n\n"
        "```diff\n~ apps/Deployment shop/web\n    ~ .spec.replicas: 1 -> 2\n```\n\n</details>\n"
        "\n<details><summary><code>argocd/db</code>: 1 object, 1 to look at</summary>\n\n"
        "```diff\n! the deletion guard would wait for a person: it would delete 1 of 1 objects\n"
        "- apps/Deployment shop/web\n```\n\n</details>\n"
    )


def test_a_host_that_shows_html_as_it_is_gets_none() -> None:
    shown = comment.comment(preview(app(CHANGED)), BITBUCKET)
    assert "<" not in shown
    assert "#### `argocd/web`: 1 object" in shown


@pytest.mark.parametrize("provider", list(Provider))
def test_what_does_not_fit_is_left_out_by_whole_applications(provider: Provider) -> None:
    fields = tuple(Difference(f".data.x{number}", "a", "é" * 90) for number in range(40))
    large = ObjectChange(WEB, ChangeKind.CHANGE, fields)
    apps = [app(large, name=f"web-{number}") for number in range(80)]
    shown = comment.comment(preview(*apps, app(CHANGED, name="small")), comment.FLAVORS[provider], "ctx")
    assert len(shown.encode()) <= comment.FLAVORS[provider].limit
    assert shown.count("```diff") == shown.count("\n```\n")
    assert "`argocd/web-79`: 1 object" in shown or "more\n" in shown
    assert "Left out" in shown
    assert "argocd/small" in shown


def test_what_a_cluster_says_of_a_secret_is_not_quoted() -> None:
    secret = ObjectKey("", "Secret", "shop", "db")
    refused = ObjectChange(secret, ChangeKind.CHANGE, warnings=('data.password: Invalid value: "hunter\\"2": no',))
    shown = comment.comment(preview(app(refused)), GITHUB)
    assert "hunter" not in shown
    assert 'Invalid value: "*****": no' in shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("ping @ada and @org/team", "ping @\u2060ada and @\u2060org/team"),
        ("image: web@sha256:ab", "image: web@sha256:ab"),
        ("ada@example.org", "ada@example.org"),
        ("Fixes #12", "F\u2060ixes #12"),
        ("closes https://host.example/o/r/issues/1", "c\u2060loses https://host.example/o/r/issues/1"),
        ("resolved: GH-4", "r\u2060esolved: GH-4"),
        ("Closing !7", "C\u2060losing !7"),
        ("fixed costs", "fixed costs"),
        ("a\nb\r\x1b[0m", "a\\u000ab\\u000d\\u001b[0m"),
        ("right \u202e to left \u2028", "right \\u202e to left \\u2028"),
    ],
)
def test_words_that_hosts_act_on_are_broken_up(text: str, shown: str) -> None:
    assert quoting.quoted_line(text) == shown


def test_a_long_line_is_cut() -> None:
    assert quoting.quoted_line("y" * 5000).endswith("… (5000 characters)")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('Invalid value: "hunter2": too short', 'Invalid value: "*****": too short'),
        (r'was "hunter\"2", is "x"', 'was "*****", is "*****"'.replace("\\", "")),
        ('was "hunter2 and is cut', 'was "*****"'),
        ('was "two\nlines"', 'was "*****"'),
        ('was "hunter\\', 'was "*****"'),
    ],
)
def test_what_a_cluster_quotes_of_a_secret_is_left_out(text: str, shown: str) -> None:
    assert quoting.without_values(text) == shown


def test_that_there_is_no_preview_is_said_in_one_block() -> None:
    shown = comment.failure(HEAD, "no application reads it\n```\n# heading @ada", "ctx")
    assert shown == (
        "[//]: # (holdfast-preview ctx)\n\n### Holdfast: bbbbbbbbbbbb cannot be previewed\n\n"
        "````text\nno application reads it\n```\n# heading @\u2060ada\n````\n"
    )
