"""Files as other tools write them, read as YAML of a policy."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import customer
from policy.dmn.again import loaded, values
from postloan_rules.policy.dmn import DmnInvalid, DmnModel, from_dmn
from postloan_rules.policy.dmn.names import Renaming, our_name
from postloan_rules.problems import Text

FILES = Path(__file__).parent / "files"


def read(name: str) -> DmnModel:
    return from_dmn((FILES / f"{name}.dmn").read_bytes(), f"{name}.dmn")


@pytest.mark.parametrize("name", ["modeler", "spoken_names"])
def test_the_yaml_and_the_warnings_of_a_file(name: str) -> None:
    model = read(name)
    warnings = "".join(f"\n# {problem.span}: {problem.message}" for problem in model.warnings)
    assert model.yaml + warnings == (FILES / f"{name}.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("given_values", "term", "risk"),
    [
        ({"days_past_due": 61, "balance": 10}, 60, "low"),
        ({"days_past_due": 30, "balance": 1000}, 36, "medium"),
        ({"days_past_due": 30, "balance": 10}, 12, "low"),
        ({"days_past_due": 0, "balance": 5000}, 12, "high"),
        ({"days_past_due": 30}, None, None),
    ],
)
def test_a_modelers_tables_decide_as_they_read(
    given_values: dict[str, int], term: int | None, risk: str | None
) -> None:
    found = values(loaded(read("modeler")), customer(attributes=given_values))[0]
    assert (found["instalment_term"], found["risk_class"]) == (term, risk)


@pytest.mark.parametrize(
    ("given_values", "kind", "rate", "letter"),
    [
        ({"pre_bureau_risk": "LOW", "age": 20}, "small", Decimal("0.2"), "Rate 0.2"),
        ({"pre_bureau_risk": "VERY HIGH", "age": 40}, "none", None, "No Offer, Age   counts"),
        ({"pre_bureau_risk": "LOW", "age": 17, "age_of_account": 3}, "none", None, "No Offer, Age   counts"),
    ],
)
def test_names_with_blanks_and_signs_read_the_same_values(
    given_values: dict[str, str | int], kind: str, rate: Decimal | None, letter: str
) -> None:
    found = values(loaded(read("spoken_names")), customer(attributes=given_values))[0]
    assert (found["offer_kind_of_offer"], found["offer_rate"], found["letter_text"]) == (kind, rate, letter)


@pytest.mark.parametrize(
    ("there", "here"),
    [
        ("Risk class", "risk_class"),
        ("RiskClass", "risk_class"),
        ("Pre-bureauRisk", "pre_bureau_risk"),
        ("DTIRatio", "dti_ratio"),
        ("  a  b ", "a_b"),
        ("3 months", "n_3_months"),
        ("额度 使用率", "额度_使用率"),
        ("utilisation_6m", "utilisation_6m"),
        ("?!", "nameless"),
    ],
)
def test_names_become_snake_case(there: str, here: str) -> None:
    assert our_name(there, keep=False) == here


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Risk class + Risk", "risk_class + risk"),
        ("Risk  \n class", "risk_class"),
        ("Risk classes + Risk class", "Risk classes + risk_class".replace("Risk classes", "risk classes")),
        ('"Risk class" + Risk', '"Risk class" + risk'),
        ('"a \\" Risk" + Risk', '"a \\" Risk" + risk'),
        ("x.Risk + Risk", "x.Risk + risk"),
        ("[1..Risk]", "[1..risk]"),
        ("Offer . Rate + Offer", "offer_rate + Offer"),
        ("date(Date)", "date(date_)"),
        ("years and months duration(Date, months)", "years and months duration(date_, n)"),
        ("aRisk + Risk2", "aRisk + Risk2"),
        ("a-b - a - b", "a_b - a - b"),
    ],
)
def test_names_are_found_as_feel_finds_them(written: str, meant: str) -> None:
    renaming = Renaming()
    for there, here in (("Risk", "risk"), ("Risk class", "risk_class"), ("Date", "date_"), ("a-b", "a_b")):
        renaming.add((there,), here)
    renaming.add(("months",), "n")
    renaming.add(("date",), "wrong")
    renaming.add(("Offer", "Rate"), "offer_rate")
    found = renaming.apply(Text.of(written))
    assert found.value == meant
    assert len(found.places) == len(found.value) + 1
    assert list(found.places) == sorted(found.places)


def test_a_problem_in_a_renamed_expression_stands_where_the_author_wrote_it() -> None:
    text = (FILES / "spoken_names.dmn").read_text(encoding="utf-8")
    text = text.replace("Credit Score > 500 + Age", 'Credit Score > "x"')
    with pytest.raises(DmnInvalid) as caught:
        from_dmn(text, "a.dmn")
    (problem,) = (each for each in caught.value.problems if each.severity == "error")
    span = problem.span
    assert span is not None
    assert text[span.start : span.end].startswith('Credit Score > "x"')


@pytest.mark.parametrize(
    "version",
    [
        "http://www.omg.org/spec/DMN/20151101/dmn.xsd",
        "https://www.omg.org/spec/DMN/20191111/MODEL/",
        "https://www.omg.org/spec/DMN/20211108/MODEL/",
        "https://www.omg.org/spec/DMN/20230324/MODEL/",
    ],
)
def test_every_version_is_read(version: str) -> None:
    text = (FILES / "spoken_names.dmn").read_text(encoding="utf-8")
    model = from_dmn(text.replace("http://www.omg.org/spec/DMN/20180521/MODEL/", version), "spoken_names.dmn")
    assert model.yaml.splitlines()[2:] == read("spoken_names").yaml.splitlines()[2:]


PIECES = (
    *(
        "<",
        ">",
        "/>",
        "&",
        "&lt;",
        "&#0;",
        '"',
        "'",
        "<!--",
        "-->",
        "<![CDATA[",
        "]]>",
        "é",
        "限",
        "\r\n",
        "\t",
    ),
    *("<?x ?>", "<dmn:list/>", "typeRef", 'name="Age"', "-", "..", "null", "(", "[", "0x", "\x00", "\ud800"),
)


@settings(max_examples=300, deadline=None)
@given(
    name=st.sampled_from(["modeler", "spoken_names"]),
    edits=st.lists(
        st.tuples(st.floats(0, 1), st.integers(0, 40), st.sampled_from(PIECES)), min_size=1, max_size=4
    ),
)
def test_a_damaged_file_is_read_or_refused_with_places(
    name: str, edits: list[tuple[float, int, str]]
) -> None:
    text = (FILES / f"{name}.dmn").read_text(encoding="utf-8")
    for share, cut, piece in edits:
        at = int(share * len(text))
        text = text[:at] + piece + text[at + cut :]
    try:
        model = from_dmn(text, "damaged.dmn")
    except DmnInvalid as error:
        places = [each.span for each in error.problems if str(each)]
    else:
        places = [loaded(model).facts[0].span]
    assert places
    assert None not in places
