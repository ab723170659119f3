"""Fuzz one target: `python tests/fuzz/run.py NAME MINUTES`, or with options of libFuzzer instead of minutes.

An exception that is not the project's own, two ways that differ, or an input that takes more than two seconds
or two gigabytes is a finding: libFuzzer stops there and leaves the input in `build/fuzz`.
"""

from __future__ import annotations

import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

SLOWEST = 2.0
"""Seconds of processor time for one input, in an interpreter that counts what it runs."""


def options(name: str, minutes: str) -> list[str]:
    """What libFuzzer is told; what it finds out goes on in the next run."""
    grown = HERE.parent.parent / "build" / "fuzz" / name
    grown.mkdir(parents=True, exist_ok=True)
    return [
        f"-max_total_time={60 * int(minutes)}",
        "-rss_limit_mb=2048",
        "-timeout=30",
        "-max_len=4096",
        "-len_control=0",
        f"-dict={HERE / 'words.dict'}",
        f"-artifact_prefix={grown.parent}/{name}-",
        str(grown),
        str(HERE / "corpus" / name),
    ]


def main() -> None:
    """Run until libFuzzer says that it is enough."""
    name, *given = sys.argv[1:]
    atheris: Any = import_module("atheris")  # no types, and an extra
    with atheris.instrument_imports(include=["postloan_rules"]):
        target = import_module("fuzz.targets").TARGETS[name]
    for each in sorted((HERE / "corpus" / name).iterdir())[:1]:
        target(each.read_bytes())  # what is loaded once, is loaded now

    def one(data: bytes) -> None:
        start = time.process_time()
        target(data)
        took = time.process_time() - start
        assert took < SLOWEST, f"took {took:.1f} s"

    told = options(name, given[0]) if len(given) == 1 and given[0].isdigit() else given
    atheris.Setup([sys.argv[0], *told], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
