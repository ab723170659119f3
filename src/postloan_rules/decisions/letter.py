"""A notice as text or as a page, through a template that the bank may replace."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, TypeAlias

from postloan_rules.decisions.notice import NoticeInvalid
from postloan_rules.problems import Problem, Source, Span

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from postloan_rules.decisions.notice import Notice

__all__ = ["Form", "letter"]

Form: TypeAlias = Literal["text", "html"]

_TEMPLATES = Path(__file__).parent / "templates"
_FILES: Mapping[Form, str] = MappingProxyType({"text": "notice.txt", "html": "notice.html"})
_WORDS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "en": {
            "title": "Notice of a decision on your account",
            "date": "Date",
            "reference": "Reference",
            "account": "Account",
            "done": "What we have decided",
            "effective": "In effect from",
            "because": "What we saw",
            "limits": "What we compared it with",
            "reasons": "Why",
            "more": "Other reasons that counted less:",
            "improve": "What would change it",
            "complain": "If you don't agree",
            "colon": ": ",
        },
        "zh": {
            "title": "账户决定通知",
            "date": "日期",
            "reference": "编号",
            "account": "账户",
            "done": "本行的决定",
            "effective": "生效日期",
            "because": "本行看到的情况",
            "limits": "对照的标准",
            "reasons": "主要原因",
            "more": "其他次要原因数量：",
            "improve": "如何改善",
            "complain": "如您有异议",
            "colon": "：",
        },
    }
)


def letter(notice: Notice, form: Form, template: Source | None = None) -> str:
    """The notice written out.

    Args:
        notice: What it says.
        form: Plain text, or an HTML page in which every value is escaped.
        template: A Jinja template of the bank's own. It sees `notice` and the headings `words`, may extend
            `notice.txt` or `notice.html`, and can't reach files or anything else.

    Raises:
        NoticeInvalid: where the template can't be used, or what reads templates is not installed.
    """
    try:
        from jinja2 import DictLoader, StrictUndefined, TemplateError, TemplateSyntaxError  # noqa: PLC0415
        from jinja2.sandbox import ImmutableSandboxedEnvironment  # noqa: PLC0415
    except ImportError as error:
        help_ = 'install it with `pip install "postloan-rules[notice]"`'
        problem = Problem("PR0387", "writing a notice needs the package jinja2", help=help_)
        raise NoticeInvalid([problem]) from error

    shipped = {name: (_TEMPLATES / name).read_text(encoding="utf-8") for name in _FILES.values()}
    environment = ImmutableSandboxedEnvironment(
        loader=DictLoader(shipped),
        autoescape=form == "html",
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    name = _FILES[form]
    source = template if template is not None else Source(name, shipped[name])
    try:
        written = environment.from_string(source.text).render(notice=notice, words=_WORDS[notice.language])
    except TemplateSyntaxError as error:
        raise _unusable(source, error.lineno, error.message or "") from error
    except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, RecursionError) as error:
        raise _unusable(source, _line(error.__traceback__), str(error)) from error
    return written.rstrip("\n") + "\n"


def _line(traceback: TracebackType | None) -> int:
    """The line of the template at which its writing stopped."""
    line = 1
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == "<template>":
            line = traceback.tb_lineno
        traceback = traceback.tb_next
    return line


def _unusable(source: Source, line: int, said: str) -> NoticeInvalid:
    lines = source.text.splitlines(keepends=True)
    number = min(max(line, 1), max(len(lines), 1))
    start = sum(len(each) for each in lines[: number - 1])
    end = start + len(lines[number - 1].rstrip("\n")) if lines else start
    message = f"the template can't be used: {' '.join(said.split())}"
    help_ = "a template sees `notice` and `words` only; docs/notices.md lists what they hold"
    return NoticeInvalid([Problem("PR0386", message, Span(source, start, end), help_)])
