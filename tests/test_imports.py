"""Importing the library is cheap: attrs and yaml, and nothing else beside the standard library."""

from __future__ import annotations

import subprocess
import sys

import postloan_rules


def test_the_public_names_are_these() -> None:
    assert postloan_rules.__all__ == [
        "Decision",
        "ExpressionInvalid",
        "Limits",
        "Problem",
        "RuleSet",
        "RuleSetInvalid",
        "Snapshot",
        "SnapshotInvalid",
        "Span",
        "evaluate",
        "load",
        "shipped",
    ]


def test_only_attrs_and_yaml_are_loaded() -> None:
    code = "import sys; before = set(sys.modules); import postloan_rules; print(*(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    top = {name.partition(".")[0] for name in done.stdout.split()}
    foreign = {name for name in top if name not in sys.stdlib_module_names}
    # yaml's parser is compiled, and brings the runtime that its compiler made for it.
    compiled = {name for name in foreign if "cython" in name}
    assert foreign - compiled <= {"postloan_rules", "attr", "attrs", "yaml", "_yaml"}
