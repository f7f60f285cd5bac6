"""A preview as people read it."""

from __future__ import annotations

from holdfast.engine.preview import comment, text, verdict
from holdfast.model.comparison import Difference
from holdfast.model.keys import NamespacedName, ObjectKey
from holdfast.model.preview import AppPreview, ChangeKind, ObjectChange, Preview
from holdfast.model.pull_request import Provider

KEY = ObjectKey("apps", "Deployment", "shop", "web")
WEB = NamespacedName("argocd", "web")


def preview(*changes: ObjectChange, problem: str = "", apps: int = 1) -> Preview:
    one = AppPreview(WEB, "a" * 40, "b" * 40, changes, problem)
    return Preview("https://git.example.com/web", "a" * 40, "b" * 40, (one,) * apps, unaffected=4)


def test_signs_say_what_happens_to_an_object_and_a_field() -> None:
    fields = (Difference(".spec.replicas", 1, 2), Difference(".spec.paused", None, True), Difference(".x", "y", None))
    live = (Difference(".spec.template", "hand", "git"),)
    change = ObjectChange(KEY, ChangeKind.CHANGE, fields, live, warnings=("look",))
    assert list(text.lines(preview(change))) == [
        "argocd/web",
        "  ~ apps/Deployment shop/web",
        "      ! look",
        "      ~ .spec.replicas: 1 -> 2",
        "      + .spec.paused: true",
        '      - .x: "y"',
        "      besides, in the cluster:",
        '      ~ .spec.template: "hand" -> "git"',
        "",
        "1 of 5 applications: 1 to change",
    ]


def test_no_change_is_said() -> None:
    empty = Preview("https://git.example.com/web", "a", "b", unaffected=3)
    assert list(text.lines(empty)) == [
        "No change: 3 applications read the repository, and none of them is rendered differently."
    ]


def test_a_problem_is_counted() -> None:
    assert text.summary(preview(problem="app/a.yaml: line 3")) == "1 of 5 applications: 1 cannot be rendered"


def test_long_values_are_cut() -> None:
    assert text.field_line(Difference(".x", None, "y" * 1000)).endswith("… (1002 characters)")


def test_the_document_names_every_object() -> None:
    (app,) = text.document(preview(ObjectChange(KEY, ChangeKind.DELETE)))["applications"]
    assert app["name"] == "argocd/web"
    assert [(it["kind"], it["change"]) for it in app["objects"]] == [("Deployment", "delete")]


def test_what_a_render_notes_is_told_and_counts_as_a_warning() -> None:
    noted = Preview("https://git.example.com/web", "a", "b", (AppPreview(WEB, notes=("app/x.yaml is left out",)),))
    assert list(text.lines(noted))[:2] == ["argocd/web", "  ! app/x.yaml is left out"]
    assert text.document(noted)["applications"][0]["notes"] == ["app/x.yaml is left out"]
    assert verdict.sentence(noted) == "1 warning"
    assert "! app/x.yaml is left out" in comment.comment(noted, comment.FLAVORS[Provider.GITHUB])
