"""docs/supply-chain.md names what pyproject.toml asks for."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
OWN = {"dev", "bench"}
"""What those who work on the library need."""


def names(requirements: list[str]) -> set[str]:
    found = {re.split(r"[\[<>=]", each)[0].strip() for each in requirements}
    return found - {"postloan-rules"}


def test_each_dependency_is_listed_where_it_belongs() -> None:
    asked = {(name, "core") for name in names(PROJECT["dependencies"])}
    for extra, requirements in PROJECT["optional-dependencies"].items():
        asked |= {(name, extra) for name in names(requirements) if extra not in OWN}
    page = (ROOT / "docs" / "supply-chain.md").read_text(encoding="utf-8")
    listed = {
        (name, where.strip("`"))
        for packages, where in re.findall(
            r"^\| ([a-z0-9, -]+) \| (`?[a-z]+`?) \| [^|]+ \|$", page, re.MULTILINE
        )
        for name in packages.split(", ")
        if packages != "package"
    }
    assert listed == asked


def test_each_dependency_of_a_user_is_bounded_on_both_sides() -> None:
    for extra, requirements in {"core": PROJECT["dependencies"], **PROJECT["optional-dependencies"]}.items():
        for each in requirements:
            if extra not in OWN and not each.startswith("postloan-rules"):
                assert re.search(r">=[\d.]+,<\d", each), each
