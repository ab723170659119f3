"""`python -m postloan_rules.cli`, the same as `postloan`."""

from __future__ import annotations

from postloan_rules.cli import main

if __name__ == "__main__":
    main(prog_name="postloan")
