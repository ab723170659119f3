"""A directory of small policies, which tests edit as a policy team does."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class Directory:
    """Policies on disk, as a policy team keeps them."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, name: str, text: str) -> Path:
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text), encoding="utf-8")
        return file

    def policy(
        self,
        folder: str = "cards",
        *,
        product: str = "cards",
        version: str = "1",
        limit: int = 60,
        effective: str = "",
        example: int | None = None,
    ) -> Path:
        """A policy with one trigger at `limit` days past due, and an example at the limit that must fire."""
        lines = f"effective: {effective}\n" if effective else ""
        head = f'ruleset: {product}\nversion: "{version}"\nlanguage: 1\ncurrency: CNY\n{lines}'
        body = f"""\
        subject: {{each: accounts}}
        parameters:
          limit: {{type: days, value: {limit}}}
        triggers:
          late: {{kind: condition, when: account.days_past_due >= limit}}
        responses:
          call: {{family: care, rank: 10}}
        rules:
          - {{id: R-1, if: late, then: [call]}}
        """
        file = self.path / folder / "policy.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        # The policy first: with the new example the old policy could be a good edit that nobody meant.
        file.write_text(head + textwrap.dedent(body), encoding="utf-8")
        self.write(
            f"{folder}/examples/limit.yaml",
            f"""\
            snapshots:
              late:
                as_of: 2027-02-01
                currency: CNY
                jurisdiction: CN
                customer: {{customer_id: C1}}
                accounts: [{{account_id: A1, product: credit_card, current_balance: 0, days_past_due: {example or limit}}}]
                bureau_reports: []
                events: []
                complaints: []
                reviews: []
            examples:
              - {{name: at the limit, profile: late, expect: {{fired: [late], responses: [call]}}}}
            """,
        )
        return file
