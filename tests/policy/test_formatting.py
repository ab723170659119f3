from __future__ import annotations

import random
import re
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from postloan_rules.policy import SHIPPED, load_policy
from postloan_rules.policy.formatting import formatted, is_policy
from postloan_rules.policy.indentation import lines_of
from postloan_rules.policy.outline import is_expression, places
from postloan_rules.policy.reader import Scalar, decode, read
from postloan_rules.problems import Source

ROOT = Path(__file__).parent.parent.parent
SHIPPED_FILES = sorted(SHIPPED.rglob("*.yaml"))
CASES = [
    file for file in sorted((ROOT / "tests" / "cases" / "wrong_policies").glob("*/*.yaml")) if file.is_file()
]


def readable(file: Path) -> Source | None:
    source, problems = decode(file.name, file.read_bytes())
    return None if problems or read(source)[1] else source


def layout(text: str) -> str:
    result, problems = formatted(Source("policy.yaml", text))
    assert not problems
    return result


def comments(text: str) -> list[str]:
    source = Source("", text)
    return [
        text[place:].partition("\n")[0].rstrip() for _, place in sorted(lines_of(source).comments.items())
    ]


@pytest.mark.parametrize("file", [*SHIPPED_FILES, *CASES], ids=lambda file: f"{file.parent.name}/{file.name}")
def test_a_layout_is_its_own_layout_and_keeps_comments(file: Path) -> None:
    source = readable(file)
    if source is None:
        return
    once = layout(source.text)
    assert layout(once) == once
    assert comments(once) == comments(source.text.replace("\r\n", "\n"))


MESSY = """\
ruleset:   messy   # the head


version: '1'
language: 1
currency:    CNY
subject:
    each: accounts
    where: product="credit_card"and   date_closed  =null
# before the facts

facts:
    late: {is: "count( account.statements [ days_past_due_at_close>0 ] )", note : Late ones}   # counted
    late_twice:
         is: >
             late>=2
               and account.days_past_due>  -1
         # of the fact
    # of the facts
triggers:
      often:
          kind: "condition"
          if_unknown: 'refer'
          when:
              all:
              - late  >  1
              -   not( late=7 )
              # last of the list
              - any: [ "late in(1 ,2, 3)" , "late in [ 4..6 ]" ,
                     late=12 ]
responses:
  call: { family: contact,rank: 1, title : {en:   "Call,  please", zh: 请致电 } }
rules:
- id: R-1
  if: often
  then: [ call ]
-   {id: R-2, if: {any: [ often ]}, then: [ "call" ]}
tables:
  steps:   # of a table
    hit: first
    inputs: [ late, account.days_past_due ]
    output: {step: string}
    rows:
    - [ "1",   "-", '"一"'] # one
    - ["[ 2..30 ]", ">=3", '"two"']   # many
    - ["-", "-", '"more"' ]
"""

NEAT = """\
ruleset: messy  # the head

version: '1'
language: 1
currency: CNY
subject:
  each: accounts
  where: product = "credit_card" and date_closed = null
# before the facts

facts:
  late: {is: "count(account.statements[days_past_due_at_close > 0])", note: Late ones}  # counted
  late_twice:
    is: >
      late >= 2
        and account.days_past_due > -1
    # of the fact
  # of the facts
triggers:
  often:
    kind: condition
    if_unknown: refer
    when:
      all:
        - late > 1
        - not(late = 7)
        # last of the list
        - any: ["late in (1, 2, 3)", "late in [4..6]",
            late = 12]
responses:
  call: {family: contact, rank: 1, title: {en: "Call,  please", zh: 请致电}}
rules:
  - id: R-1
    if: often
    then: [call]
  - {id: R-2, if: {any: [often]}, then: [call]}
tables:
  steps:  # of a table
    hit: first
    inputs: [late, account.days_past_due]
    output: {step: string}
    rows:
      - ["1",       "-",    '"一"']  # one
      - ["[2..30]", ">= 3", '"two"']  # many
      - ["-",       "-",    '"more"']
"""


def test_a_messy_policy_becomes_neat() -> None:
    assert layout(MESSY) == NEAT


def test_what_can_not_be_read_is_left_and_told() -> None:
    source = Source("policy.yaml", "facts:\n\ta: 1\n")
    text, problems = formatted(source)
    assert text == source.text
    assert [problem.code for problem in problems] == ["PR0103"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# only a comment\n",
        "facts:\n",
        "facts: {}\n",
        "facts:\n  a: |\n      b\n\n        c   \n\n\n  d: 1\n",
        "facts:\n      a: |2\n          b\n         c\n      d: |+\n        e\n\n\n",
        "note: |  # of the header\n    text # of the text\n# below\nowner: x\n",
        'facts:\n  a: "one\n\n    two   \n   # no comment\n  three"\n',
        "facts:\n  a:\n    # before a value\n       1\n  b: # after a key\n    c\n",
        "rules:\n-\n  id: R\n  if: a\n-   - b\n    -   c\n-\n",
        "rules: [\n  # inside\n  {id: R, # one\n    if: a},\n\n   {id: S}\n]\n",
        "? a\n: b\n",
        "a: 1\n   # deeper\n\n\n\n# level\nb: 2\n      # at the end",
    ],
)
def test_odd_files_keep_what_they_hold(text: str) -> None:
    once = layout(text)
    assert layout(once) == once
    assert comments(once) == comments(text)


SIGNS = re.compile(r"[-+*/=<>(),\[\]]+")


def disturbed(source: Source, chance: random.Random) -> str:
    """The text with other blanks wherever they have no effect."""
    text = spread(source, chance)
    lines = lines_of(Source("", text))
    factor, block, found = chance.choice([1, 2, 3]), 0, []
    for number, line in enumerate(text.split("\n"), start=1):
        indent = len(line) - len(line.lstrip(" "))
        if line[indent : indent + 2] == "- " and number not in lines.inside:
            line = line[:indent] + "-" + " " * (2 * factor - 1) + line[indent + 2 :]  # noqa: PLW2901
        # Within a block text the blanks that all its lines begin with have no effect, and no others.
        block = block if number in lines.kept and number - 1 in lines.kept else indent
        more = (block if number in lines.kept else indent) * (factor - 1)
        found.append(" " * more + line if line else line)
        is_free = number + 1 not in lines.inside and number not in lines.kept
        if is_free:
            found[-1] += " " * chance.choice([0, 0, 1, 4])
            found += [""] * (chance.choice([0, 0, 0, 1, 2]) if not found[-1].strip() else 0)
    return chance.choice(["\n", "\r\n"]).join(found) + "\n" * chance.choice([0, 1])


def spread(source: Source, chance: random.Random) -> str:
    """Other blanks in brackets and expressions."""
    edits = {}
    tokens = [t for t in yaml.scan(source.text) if t.end_mark.index > t.start_mark.index]
    for before, after in pairwise(tokens):
        start, end = before.end_mark.index, after.start_mark.index
        opened = isinstance(before, yaml.FlowSequenceStartToken | yaml.FlowMappingStartToken)
        is_free = opened or isinstance(before, yaml.FlowEntryToken | yaml.ValueToken)
        if is_free and not source.text[start:end].strip(" "):
            edits[start, end] = " " * chance.choice([0, 1, 3] if opened else [1, 2, 5])
    root = read(source)[0]
    for place in places(root) if root is not None and is_policy(root) else ():
        if is_expression(place) and isinstance(place.node, Scalar) and not place.node.plain:
            written = place.node.text
            inside_text = False
            for at, character in enumerate(written.value):
                inside_text ^= character == '"'
                if character == " " and not inside_text:
                    edits[written.places[at], written.places[at] + 1] = " " * chance.choice([1, 2])
    text = source.text
    for (start, end), new in sorted(edits.items(), reverse=True):
        text = text[:start] + new + text[end:]
    return text


def without_empty_lines(text: str) -> list[str]:
    return [re.sub(r" +#", "  #", line) for line in text.split("\n") if line.strip()]


@given(file=st.sampled_from(SHIPPED_FILES), seed=st.integers(0, 1 << 30))
@settings(max_examples=40, deadline=None)
def test_blanks_without_effect_come_to_the_same_layout(file: Path, seed: int) -> None:
    source = readable(file)
    assert source is not None
    once = layout(disturbed(source, random.Random(seed)))
    assert without_empty_lines(once) == without_empty_lines(layout(source.text))
    assert layout(once) == once
    assert comments(once) == comments(source.text)


@pytest.mark.parametrize("name", ["credit_card", "personal_loan"])
def test_the_fingerprint_is_the_same(name: str, tmp_path: Path) -> None:
    for file in (*(SHIPPED / name).glob("*.yaml"), *(SHIPPED / "facts").glob("*.yaml")):
        source = readable(file)
        assert source is not None
        target = tmp_path / file.parent.name / file.name
        target.parent.mkdir(exist_ok=True)
        target.write_text(layout(disturbed(source, random.Random(file.name))), encoding="utf-8")
    assert load_policy(tmp_path / name).fingerprint == load_policy(SHIPPED / name).fingerprint


def test_what_ships_is_laid_out() -> None:
    starter = ROOT / "src" / "postloan_rules" / "cli" / "starter"
    for file in (*SHIPPED_FILES, *starter.rglob("*.yaml")):
        source = readable(file)
        assert source is not None
        assert layout(source.text) == source.text, file
