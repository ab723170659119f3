"""The command line: `postloan`. One file a command; each imports what it needs when it runs."""

from __future__ import annotations

import sys
from importlib import import_module
from io import TextIOWrapper

import click

__all__ = ["main"]

_COMMANDS = (
    "analyse",
    "book",
    "bundle",
    "challenge",
    "check",
    "coverage",
    "decide",
    "decide-many",
    "demo",
    "diff",
    "dmn",
    "events",
    "explain",
    "fields",
    "fmt",
    "impact",
    "influence",
    "log",
    "lsp",
    "mutate",
    "new",
    "notice",
    "replay",
    "sample",
    "schema",
    "serve",
    "serve-key",
    "simulate",
    "sweep",
    "test",
    "track",
    "verify",
    "watch",
)


class Commands(click.Group):
    """The commands, each loaded when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click gives the context
        """Their names."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name; a name that is none is told with the nearest one."""
        if cmd_name not in _COMMANDS:
            from postloan_rules.problems import did_you_mean

            help_ = did_you_mean(cmd_name, _COMMANDS, what="the commands are")
            ctx.fail(f"there is no command `{cmd_name}`; {help_}")
        name = cmd_name.replace("-", "_")
        command: object = getattr(import_module(f"postloan_rules.cli.{name}"), name)
        return command if isinstance(command, click.Command) else None

    def invoke(self, ctx: click.Context) -> object:
        """Run a command; what is wrong with its input is shown, and is no traceback."""
        from postloan_rules.analysis import ExamplesInvalid
        from postloan_rules.analysis.left_open import LeftOpenInvalid
        from postloan_rules.policy import RuleSetInvalid
        from postloan_rules.portfolio.columns.invalid import ColumnsInvalid
        from postloan_rules.portfolio.mapping import MappingInvalid
        from postloan_rules.snapshot import SnapshotInvalid

        try:
            return super().invoke(ctx)
        except (
            RuleSetInvalid,
            SnapshotInvalid,
            ExamplesInvalid,
            MappingInvalid,
            ColumnsInvalid,
            LeftOpenInvalid,
        ) as invalid:
            from postloan_rules.cli.screen import show

            show(invalid.problems, stderr=True)
            ctx.exit(1)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="postloan-rules", prog_name="postloan")
def main() -> None:
    """Post-loan management as YAML policy: check it, try it, explain what it decides.

    \b
    Start here:
      postloan demo                                  see it at work
      postloan check rules/credit_card               is the policy sound?
      postloan test rules/credit_card                do its examples hold?
      postloan explain rules/credit_card FILE.json   why was this decided?
    """  # noqa: D301 - click keeps the lines after a \b as they are
    for stream in (sys.stdout, sys.stderr):
        # Policies speak Chinese as well, whatever the terminal was set up for.
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8")
