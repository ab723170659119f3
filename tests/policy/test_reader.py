"""YAML is read strictly, and every character keeps its place."""

from __future__ import annotations

import textwrap

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from postloan_rules.policy.reader import MAX_BYTES, Listing, Node, Scalar, Section, decode, read
from postloan_rules.problems import Source


def scalars(node: Node) -> list[Scalar]:
    match node:
        case Scalar():
            return [node]
        case Listing():
            return [scalar for item in node.items for scalar in scalars(item)]
        case Section():
            return [scalar for entry in node.entries for scalar in (entry.key, *scalars(entry.value))]


def plain(node: Node) -> object:
    match node:
        case Scalar():
            return node.value
        case Listing():
            return [plain(item) for item in node.items]
        case Section():
            return {entry.key.value: plain(entry.value) for entry in node.entries}


def test_scalars_keep_what_the_author_wrote() -> None:
    text = "a: [NO, 1:30, 010, 1e3, 2026-12-01, ~, 0x1F, 1_000, yes]\n"
    node, problems = read(Source("p.yaml", text))
    assert problems == ()
    assert node is not None
    assert plain(node) == {"a": ["NO", "1:30", "010", "1e3", "2026-12-01", "~", "0x1F", "1_000", "yes"]}


def test_each_character_of_a_scalar_has_its_place_in_the_file() -> None:
    text = textwrap.dedent("""\
        信用: 额度 >= 1
        single: 'it''s  far'
        double: "x\\u4fe1 \\"q\\" z"
        plain: over
          two lines
        block: |
          first
            indented
        folded: >
          one
          two

          three
        escaped: "lines \\
          joined"
        continued: "first\\
          \\ second \\
          third"
        """)
    source = Source("p.yaml", text)
    node, problems = read(source)
    assert problems == ()
    assert node is not None
    for scalar in scalars(node):
        assert len(scalar.text.places) == len(scalar.value) + 1
        for character, place in zip(scalar.value, scalar.text.places, strict=False):
            written = text[place]
            same = character == written or (character.isspace() and written.isspace())
            escaped = written == "\\" and not (character.isascii() and character.isalnum())
            assert same or escaped, (scalar.value, character, written)


KEY = st.from_regex(r"[a-z]{1,4}", fullmatch=True)
TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=30)
TREE = st.recursive(
    TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEY, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(KEY, TREE, max_size=4), st.booleans(), st.sampled_from([20, 80]))
def test_any_yaml_of_texts_reads_as_written(tree: dict[str, object], flow: bool, width: int) -> None:
    text = yaml.safe_dump(tree, allow_unicode=True, default_flow_style=flow, width=width)
    node, problems = read(Source("p.yaml", text))
    if any(mark in text for mark in ("\t", "\ufeff", "\x85")) or problems:
        return
    assert node is not None
    assert plain(node) == tree
    for scalar in scalars(node):
        places = list(scalar.text.places)
        assert places == sorted(places)
        assert places[-1] <= len(text)


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("a: &x 1\nb: 2\n", "PR0106", (1, 4)),
        ("a: 1\nb: *x\n", "PR0106", (2, 4)),
        ("a: !!int 3\n", "PR0107", (1, 4)),
        ("a: !own {b: 1}\n", "PR0107", (1, 4)),
        ("a: 1\nb: 2\na: 3\n", "PR0110", (3, 1)),
        ("a:\n\tb: 1\n", "PR0103", (2, 1)),
        ("<<: {a: 1}\n", "PR0106", (1, 1)),
        ("---\na: 1\n---\nb: 2\n", "PR0109", (3, 1)),
        ("%YAML 1.1\n---\na: 1\n", "PR0107", (1, 1)),
        ("? [a]\n: b\n", "PR0111", (1, 3)),
        ("信用: 'x\n", "PR0105", (1, 5)),
        ("a: \x07\n", "PR0104", (1, 4)),
        ("a: b\u2028c\n", "PR0104", (1, 5)),
    ],
)
def test_what_surprises_is_refused_where_it_stands(text: str, code: str, place: tuple[int, int]) -> None:
    _, problems = read(Source("p.yaml", text))
    assert [(p.code, (p.span.line, p.span.column)) for p in problems if p.span] == [(code, place)]
    assert all(problem.help for problem in problems)


@pytest.mark.parametrize(("levels", "good"), [(49, True), (50, False)])
def test_nesting_is_bounded(levels: int, good: bool) -> None:
    _, problems = read(Source("p.yaml", "a: " + "[" * levels + "x" + "]" * levels))
    assert (problems == ()) is good


def test_a_file_that_nests_without_end_is_refused_quickly() -> None:
    _, problems = read(Source("p.yaml", "[" * 100_000))
    assert [problem.code for problem in problems] == ["PR0108"]


@pytest.mark.parametrize(("size", "good"), [(MAX_BYTES, True), (MAX_BYTES + 1, False)])
def test_files_have_a_greatest_size(size: int, good: bool) -> None:
    _, problems = decode("p.yaml", b"#" * size)
    assert ([problem.code for problem in problems] == []) is good


@pytest.mark.parametrize(
    "data", ["a: é".encode("latin-1"), "a: 信".encode("gb18030"), "a: b".encode("utf-16")]
)
def test_other_encodings_are_named_as_such(data: bytes) -> None:
    _, problems = decode("p.yaml", data)
    assert [problem.code for problem in problems] == ["PR0102"]


def test_a_byte_order_mark_is_passed_over() -> None:
    source, problems = decode("p.yaml", b"\xef\xbb\xbfa: 1\n")
    assert problems == []
    assert source.text == "a: 1\n"


def test_windows_line_ends_keep_their_places() -> None:
    node, problems = read(Source("p.yaml", "a: 1\r\nb: 信 x\r\n"))
    assert problems == ()
    assert node is not None
    assert [(s.value, s.span.line, s.span.column) for s in scalars(node)] == [
        ("a", 1, 1),
        ("1", 1, 4),
        ("b", 2, 1),
        ("信 x", 2, 4),
    ]
