"""`postloan watch`."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterable

    from postloan_rules.cli.following import Stopping
    from postloan_rules.cli.sightings import Sightings
    from postloan_rules.live import Monitor


class _Time(click.ParamType[timedelta]):
    """A length of time, such as `2 days`."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """The length of time that a text gives."""
        if isinstance(value, timedelta):
            return value
        found = re.fullmatch(r"([0-9]{1,4}) ?(minute|hour|day)s?", str(value).strip(), re.ASCII)
        if found is None:
            self.fail(f"`{value}` is no time; write `30 minutes`, `12 hours` or `2 days`", param, ctx)
        return timedelta(**{f"{found[2]}s": int(found[1])})


@click.command()
@click.argument("rules", metavar="RULES")
@click.option(
    "--events", "file", required=True, metavar="FILE|-", help="Events as JSON lines; - reads standard input."
)
@click.option(
    "--journal", metavar="FILE", help="Keep events and completions here, and go on from it next time."
)
@click.option(
    "--lateness",
    type=_Time(),
    default="0 days",
    show_default=True,
    help="How much later than the events after it an event may come.",
)
@click.option(
    "--workers",
    type=click.IntRange(0, 256),
    metavar="N",
    help="Worker processes with durable-rules; as many as cores by default. With 0, the evaluator does it.",
)
@click.option("--follow", is_flag=True, help="Go on at the end of the file, and wait for more.")
@click.option("--profile", metavar="NAME", help="Watch under this profile of parameters.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--lang", "language", type=click.Choice(["en", "zh"]), default="en", show_default=True)
@click.pass_context
def watch(  # noqa: PLR0913 - one parameter for each option
    ctx: click.Context,
    *,
    rules: str,
    file: str,
    journal: str | None,
    lateness: timedelta,
    workers: int | None,
    follow: bool,
    profile: str | None,
    form: str,
    language: str,
) -> None:
    """Watch customers' events, and tell which pattern triggers they complete.

    Each completion is a line: when, of whom, which trigger, the events that made it. A line of the file that
    can't be read is told, and stops nothing. Ctrl-C ends the watch when the events at hand are done: the
    journal is whole, the worker processes are gone, and the exit code is 130 (143 when the system asked for
    the end). Without that it is 0, or 1 when lines could not be read.

    \b
    Examples:
      postloan events -n 1000 -o events.jsonl
      postloan watch rules/credit_card --events events.jsonl
      tail -f events.jsonl | postloan watch rules/credit_card --events - --journal journal.db
    """  # noqa: D301 - click keeps the lines after a \b as they are
    from postloan_rules.cli.following import Stopping
    from postloan_rules.cli.screen import show
    from postloan_rules.cli.sightings import sightings
    from postloan_rules.live import JournalError, Monitor, SqliteJournal
    from postloan_rules.live.pool import WorkersUnavailable
    from postloan_rules.ruleset import load

    ruleset = load(rules, profile=profile)
    if all(trigger.pattern is None for trigger in ruleset.policy.triggers):
        raise click.ClickException(
            f"`{ruleset.id}` has no triggers of kind `pattern`: there is nothing to watch for"
        )
    told = sightings(form, language, ruleset.policy.currency)
    try:
        with (
            Stopping() as stopping,
            Monitor(
                ruleset,
                journal=SqliteJournal(journal) if journal is not None else None,
                lateness=lateness,
                workers=workers,
            ) as monitor,
        ):
            refused = _watched(monitor, file, stopping, told, follow=follow, currency=ruleset.policy.currency)
            told.summary(monitor.counters())
    except JournalError as error:
        raise click.ClickException(str(error)) from error
    except WorkersUnavailable as missing:
        show(missing.problems, stderr=True)
        ctx.exit(1)
    ctx.exit(128 + stopping.signal if stopping.signal else int(refused))


def _watched(
    monitor: Monitor, file: str, stopping: Stopping, told: Sightings, *, follow: bool, currency: str
) -> bool:
    """Watch until the end, or until it is time to stop; whether events were refused."""
    from postloan_rules.cli.following import chunks_of_lines
    from postloan_rules.live import OutcomeKind, read_events

    monitor.on_trigger(told.completed)
    monitor.deliver()
    refused = False
    name, first = ("standard input" if file == "-" else file), 1
    for lines in chunks_of_lines(file, stopping, follow=follow):
        for some in _portions(lines):
            for outcome in monitor.observe_many(read_events(some, currency, name, first)):
                if outcome.kind is OutcomeKind.REFUSED:
                    refused = True
                    told.refused(outcome)
            first += len(some)
            if stopping.signal:
                return refused
    return refused


def _portions(lines: list[bytes]) -> Iterable[list[bytes]]:
    """So few lines that a request to stop is soon heard."""
    return (lines[at : at + 2_000] for at in range(0, len(lines), 2_000))
