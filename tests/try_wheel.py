"""Try the wheel with the core alone, under each Python given: `python tests/try_wheel.py PYTHON...`.

The wheel is built twice and must be the same bytes. Each Python gets an environment of its own, in which no
compiler is found; there the package is imported, its commands are run, and a consumer is checked by mypy.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CUSTOMER = (
    '{"as_of": "2026-11-30", "currency": "CNY", "jurisdiction": "CN", "customer": {"customer_id": "C-1"}, '
    '"accounts": [{"account_id": "A-1", "product": "credit_card", "credit_limit": "10000.00", '
    '"current_balance": "9800.00", "days_past_due": 95}], '
    '"bureau_reports": [], "events": [], "complaints": [], "reviews": []}'
)
CONSUMER = """\
import sys
import postloan_rules as plr

heavy = {"duckdb", "pyarrow", "numpy", "z3", "durable", "sqlglot", "pandas"} & set(sys.modules)
assert not heavy, heavy
decision: plr.Decision = plr.shipped("credit_card").decide(plr.Snapshot.from_json(sys.argv[1]))
assert "seal_card" in [each.response for each in decision.responses]
assert plr.evaluate("count(list[item > 2]) > 1", {"list": [1, 3, 5]}) is True
"""


def main() -> None:
    """Build, then try."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        wheel = _built(work)
        missing = [each for each in sys.argv[1:] if not _tried(each, wheel, work)]
        for each in missing:
            print(f"{each}: not on this machine, not tried")


def _built(work: Path) -> Path:
    """The wheel; building it again gives the same bytes."""
    environment = {**os.environ, "SOURCE_DATE_EPOCH": "1764547200"}
    found = []
    for number in (1, 2):
        target = work / str(number)
        command: list[str | Path] = [
            sys.executable,
            "-m",
            "pip",
            "wheel",
            "--quiet",
            "--no-deps",
            "--wheel-dir",
            target,
            ROOT,
        ]
        subprocess.run(command, check=True, env=environment)
        found += sorted(target.glob("*.whl"))
    first, second = found
    if first.read_bytes() != second.read_bytes():
        sys.exit(f"{first.name}: building it again gives other bytes")
    print(f"{first.name}: {first.stat().st_size:,} bytes, the same when built again")
    return first


def _tried(python: str, wheel: Path, work: Path) -> bool:
    """Whether the Python is there; what goes wrong under it ends the run."""
    there = shutil.which(python)
    if there is None or subprocess.run([there, "-c", ""], check=False, capture_output=True).returncode:
        return False
    home = Path(tempfile.mkdtemp(dir=work))
    subprocess.run([there, "-m", "venv", home / "env"], check=True)
    inside = home / "env" / "bin" / "python"
    no_compiler = {**os.environ, "CC": "false", "CXX": "false"}
    pip: list[str | Path] = [
        inside,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--only-binary",
        ":all:",
    ]
    subprocess.run([*pip, wheel], check=True, env=no_compiler)
    consumer, customer = home / "consumer.py", home / "customer.json"
    consumer.write_text(CONSUMER, encoding="utf-8")
    customer.write_text(CUSTOMER, encoding="utf-8")
    command = home / "env" / "bin" / "postloan"
    strict: list[str | Path] = [inside, "-W", "error"]
    runs: tuple[list[str | Path], ...] = (
        [*strict, consumer, CUSTOMER],
        [*strict, command, "new", home / "cards"],
        [*strict, command, "check", home / "cards"],
        [*strict, command, "test", home / "cards"],
        [*strict, command, "explain", home / "cards", customer],
        [*strict, command, "demo"],
    )
    for run in runs:
        subprocess.run(run, check=True, cwd=home, stdout=subprocess.DEVNULL)
    subprocess.run([*pip, "mypy"], check=True)
    subprocess.run([inside, "-m", "mypy", "--strict", consumer], check=True, cwd=home)
    version = subprocess.run([inside, "-V"], check=True, capture_output=True, text=True).stdout.strip()
    print(f"{version}: installed without a compiler, run with warnings as errors, checked by mypy --strict")
    return True


if __name__ == "__main__":
    main()
