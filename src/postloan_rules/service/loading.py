"""One policy from its files, ready to serve: loaded, checked, its examples held; or what is wrong with it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeAlias

from attrs import evolve, frozen

from postloan_rules.analysis import ExamplesInvalid, load_examples, run
from postloan_rules.limits import LIMITS
from postloan_rules.policy import RuleSetInvalid
from postloan_rules.policy.homes import EXAMPLES
from postloan_rules.policy.storage import stored_in
from postloan_rules.problems import Problem, in_order
from postloan_rules.ruleset import RuleSet, load
from postloan_rules.service.content import Held, content_of
from postloan_rules.service.faults import log_fault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from postloan_rules.limits import Limits
    from postloan_rules.service.content import Content

__all__ = ["Loaded", "Reader", "Refused", "Unsettled", "load_checked", "of_its_own_day"]

_TRIES = 3
_PAUSE = 0.05
"""Seconds between two looks at files that change while they are read."""
_MOST_SHOWN = 20


@frozen
class Loaded:
    """A policy whose files were read at one moment, and whose examples hold."""

    ruleset: RuleSet
    content: Content


@frozen
class Refused:
    """Files that make no policy to serve, and why."""

    content: Content
    problems: tuple[Problem, ...]


@frozen
class Unsettled:
    """Files that changed again and again while they were read."""


Reader: TypeAlias = "Callable[[Path, str | None], RuleSet]"
"""Reads a bundle, a checked policy in one file, under a profile of parameters."""


def load_checked(
    path: Path,
    shared: Callable[[], Iterable[Path]],
    profile: Callable[[str], str | None],
    bundle: Reader | None = None,
    limits: Limits = LIMITS,
) -> Loaded | Refused | Unsettled | None:
    """What the files of a policy make; None where they are gone.

    The policy is loaded from one image of all the files, and the image is taken again afterwards: where the
    two differ, someone was writing, and it begins anew. So no half of an edit is ever applied.
    """
    for attempt in range(_TRIES):
        if attempt:
            time.sleep(_PAUSE)
        before = content_of(path, shared())
        if before is None:
            return None
        found = _load(path, before, profile, bundle, limits)
        after = content_of(path, shared())
        if after is not None and after.digest == before.digest:
            return found
    return Unsettled()


def _load(
    path: Path,
    content: Content,
    profile: Callable[[str], str | None],
    bundle: Reader | None,
    limits: Limits,
) -> Loaded | Refused:
    try:
        if path.is_file() and bundle is not None:
            ruleset = bundle(path, None)
            wanted = profile(ruleset.id)
            return Loaded(ruleset if wanted is None else bundle(path, wanted), content)
        empty = [
            each for each in content.files if each.parent.name == EXAMPLES and not content.files[each].strip()
        ]
        if empty:
            return Refused(content, tuple(map(_empty, empty)))
        with stored_in(Held(path, content.files)):
            ruleset = load(path, limits=limits)
            problems = _failed_examples(path, ruleset)
            wanted = profile(ruleset.id)
            if wanted is not None and not problems:
                ruleset = load(path, profile=wanted, limits=limits)
    except (RuleSetInvalid, ExamplesInvalid) as invalid:
        return Refused(content, invalid.problems)
    except OSError as error:
        reason = (error.strerror or "the system refuses it").lower()
        message = f"`{path.name}` can't be read: {reason}"
        return Refused(
            content, (Problem("PR1026", message, help="look at the rights of the files", path=path.name),)
        )
    except Exception as error:  # noqa: BLE001 - what serves well goes on, whatever an edit sets off
        log_fault("a policy was read", error)
        message = f"reading `{path.name}` set off a mistake of the library ({type(error).__name__})"
        help_ = "the log says where; the policy that was in service stays"
        return Refused(content, (Problem("PR1028", message, help=help_, path=path.name),))
    return Refused(content, problems) if problems else Loaded(ruleset, content)


def _empty(file: Path) -> Problem:
    """A file that is being saved is empty for a moment, and a bad edit could come in without its examples."""
    message = "the file of examples is empty"
    return Problem("PR1029", message, help="write the examples, or delete the file", path=file.as_posix())


def _failed_examples(path: Path, ruleset: RuleSet) -> tuple[Problem, ...]:
    """A problem for each thing that an example expects and the policy does not do."""
    found: list[Problem] = []
    by_profile = {ruleset.profile: ruleset}
    for example in load_examples(path, ruleset.policy):
        for each in run(example).differences:
            message = f"the example `{example.name}` fails: {each}"
            found.append(Problem("PR1024", message, each.span, "postloan test shows it by itself"))
        if not example.confirmed:
            message = f"the example `{example.name}` awaits confirmation"
            help_ = "look at what it expects, and delete its line `confirmed: false` if that is right"
            found.append(Problem("PR1024", message, example.span, help_))
        # Services answer by generated code, and the examples are judged by the evaluator.
        same = by_profile.get(example.policy.profile)
        if same is None:
            same = by_profile[example.policy.profile] = RuleSet(example.policy)
        if same.decide(example.snapshot).to_json() != example.decision.to_json():
            message = f"the two ways to decide differ on the example `{example.name}`"
            help_ = "this is a mistake of the library: keep the policy that is in service, and report it"
            found.append(Problem("PR1027", message, example.span, help_))
        if len(found) >= _MOST_SHOWN:
            break
    return in_order(found)


def of_its_own_day(ruleset: RuleSet) -> RuleSet:
    """The rule set as if it were in force on every day: a shadow is tried before its time."""
    return RuleSet(evolve(ruleset.policy, effective_from=None, effective_to=None))
