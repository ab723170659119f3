"""The language server: a thin shell that asks the functions of this room, on pygls (extra `lsp`)."""

from __future__ import annotations

import asyncio
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from lsprotocol import types as lsp
from pygls import uris
from pygls.lsp.server import LanguageServer

from postloan_rules.editor.completion import Sort, suggestions
from postloan_rules.editor.diagnostics import problems_by_file
from postloan_rules.editor.hover import explained
from postloan_rules.editor.occurrences import Occurrence, occurrences, same_name, what_is_at
from postloan_rules.editor.project import File, Project, lone_file, project_at, projects_of
from postloan_rules.editor.renaming import CanNotRename, can_be_renamed, renamed
from postloan_rules.editor.repair import repaired
from postloan_rules.policy.formatting import NotKept, formatted
from postloan_rules.policy.homes import EXAMPLES
from postloan_rules.problems import Problem, Source, Span

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["serve"]

_PAUSE = 0.3
"""So many seconds without a key before the policy is read again."""
_LATER = 0.7
"""So many more before its examples are decided again, which takes longer."""
_YAML = (".yaml", ".yml")
_ICONS: Mapping[Sort, lsp.CompletionItemKind] = {
    "key": lsp.CompletionItemKind.Property,
    "word": lsp.CompletionItemKind.Keyword,
    "name": lsp.CompletionItemKind.Variable,
    "field": lsp.CompletionItemKind.Field,
    "function": lsp.CompletionItemKind.Function,
    "member": lsp.CompletionItemKind.EnumMember,
    "file": lsp.CompletionItemKind.File,
}


class PolicyServer(LanguageServer):
    """Keeps what was read, until a file changes."""

    def __init__(self) -> None:
        super().__init__("postloan", version("postloan-rules"))
        self._read: dict[Path, tuple[Project, tuple[Occurrence, ...]]] = {}
        self._waiting: dict[Path, asyncio.Task[None]] = {}
        self._told: dict[Path, set[Path]] = {}

    def texts(self) -> dict[Path, str]:
        """What the editor holds."""
        open_ = ((path_of(uri), each.source) for uri, each in self.workspace.text_documents.items())
        return {path: text for path, text in open_ if path.suffix in _YAML}

    def forget(self) -> None:
        """A file has changed: what was read is read again when it is next asked for."""
        self._read.clear()

    def read(self, file: Path) -> tuple[Project | None, tuple[Occurrence, ...]]:
        """The policy of a file, and its names."""
        policies = projects_of(file, self.texts())
        if not policies:
            return None, ()
        if policies[0] not in self._read:
            project = project_at(policies[0], self.texts())
            self._read[policies[0]] = (project, occurrences(project))
        return self._read[policies[0]]

    def file(self, path: Path) -> tuple[Project | None, tuple[Occurrence, ...], File | None]:
        """A file with its policy."""
        project, found = self.read(path)
        file = project.files.get(path) if project is not None else None
        return project, found, file if file is not None else lone_file(path, self.texts())

    def while_typing(self, path: Path, text: str, offset: int) -> tuple[Project | None, File | None]:
        """A file with its policy, read as it would be without the word that is being typed."""
        readable = repaired(text, offset)
        if readable == text:
            project, _, file = self.file(path)
            return project, file
        texts = {**self.texts(), path: readable}
        policies = projects_of(path, texts)
        project = project_at(policies[0], texts) if policies else None
        file = project.files.get(path) if project is not None else None
        return project, file if file is not None else lone_file(path, texts)

    def offset(self, file: Source, position: lsp.Position) -> int:
        """A place that the editor names, as an offset in the text."""
        lines = _lines(file)
        place = self.workspace.position_codec.position_from_client_units(lines, position)
        line = min(place.line, len(lines) - 1)
        return sum(len(each) for each in lines[:line]) + min(place.character, len(lines[line]))

    def range(self, span: Span) -> lsp.Range:
        """A place of ours, as the editor counts."""
        return self.between(span.source, span.start, span.end)

    def between(self, source: Source, start: int, end: int) -> lsp.Range:
        """The characters of a text from one up to another, as the editor counts."""
        first, last = source.place(start), source.place(end)
        plain = lsp.Range(lsp.Position(first[0] - 1, first[1] - 1), lsp.Position(last[0] - 1, last[1] - 1))
        return self.workspace.position_codec.range_to_client_units(_lines(source), plain)

    def location(self, span: Span) -> lsp.Location:
        """A place of ours in its file."""
        return lsp.Location(uri_of(Path(span.file)), self.range(span))

    def check_soon(self, file: Path) -> None:
        """Look for mistakes once the author pauses."""
        if file in self._waiting:
            self._waiting[file].cancel()
        self._waiting[file] = asyncio.get_running_loop().create_task(self._check(file))

    async def _check(self, file: Path) -> None:
        """Look for mistakes in all policies that a file is part of, and tell them: examples come last."""
        await asyncio.sleep(_PAUSE)
        found = problems_by_file(file, self.texts(), with_examples=False)
        self._tell_all(file, {each: problems for each, problems in found.items() if not is_example(each)})
        await asyncio.sleep(_LATER)
        found = await asyncio.to_thread(problems_by_file, file, self.texts())
        self._tell_all(file, found)

    def _tell_all(self, file: Path, found: Mapping[Path, tuple[Problem, ...]]) -> None:
        for each in self._told.get(file, set()) - set(found):
            if not is_example(each):
                self._tell(each, ())
        self._told[file] = set(found)
        for each, problems in found.items():
            self._tell(each, problems)

    def _tell(self, file: Path, problems: tuple[Problem, ...]) -> None:
        found = [self._diagnostic(file, each) for each in problems]
        self.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(uri_of(file), found))

    def _diagnostic(self, file: Path, problem: Problem) -> lsp.Diagnostic:
        span = problem.span
        here = span is not None and Path(span.file) == file
        start = lsp.Position(0, 0)
        where = self.range(span) if span is not None and here else lsp.Range(start, start)
        message = problem.message if here or span is None else f"{span.file}: {problem.message}"
        return lsp.Diagnostic(
            range=where,
            message=f"{message}\n{problem.help}" if problem.help else message,
            severity=lsp.DiagnosticSeverity.Error
            if problem.severity == "error"
            else lsp.DiagnosticSeverity.Warning,
            code=problem.code,
            source="postloan",
        )


def is_example(file: Path) -> bool:
    """Whether a file holds examples of a policy."""
    return file.parent.name == EXAMPLES


def path_of(uri: str) -> Path:
    """The file of an address."""
    return Path(uris.to_fs_path(uri) or uri)


def uri_of(path: Path) -> str:
    """The address of a file."""
    return uris.from_fs_path(str(path)) or path.as_uri()


def _lines(source: Source) -> list[str]:
    return [f"{line}\n" for line in source.text.split("\n")]


def server() -> PolicyServer:
    """A server that speaks to one editor."""
    made = PolicyServer()

    @made.feature(lsp.TEXT_DOCUMENT_DID_OPEN)
    def opened(ls: PolicyServer, params: lsp.DidOpenTextDocumentParams) -> None:
        ls.forget()
        ls.check_soon(path_of(params.text_document.uri))

    @made.feature(lsp.TEXT_DOCUMENT_DID_CHANGE)
    def changed(ls: PolicyServer, params: lsp.DidChangeTextDocumentParams) -> None:
        ls.forget()
        ls.check_soon(path_of(params.text_document.uri))

    @made.feature(lsp.TEXT_DOCUMENT_DID_SAVE)
    def saved(ls: PolicyServer, params: lsp.DidSaveTextDocumentParams) -> None:
        ls.forget()
        ls.check_soon(path_of(params.text_document.uri))

    @made.feature(lsp.TEXT_DOCUMENT_DID_CLOSE)
    def closed(ls: PolicyServer, params: lsp.DidCloseTextDocumentParams) -> None:
        ls.forget()
        ls.check_soon(path_of(params.text_document.uri))

    @made.feature(lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def others_changed(ls: PolicyServer, params: lsp.DidChangeWatchedFilesParams) -> None:
        ls.forget()
        for each in params.changes:
            ls.check_soon(path_of(each.uri))

    @made.feature(lsp.TEXT_DOCUMENT_HOVER)
    def hover(ls: PolicyServer, params: lsp.HoverParams) -> lsp.Hover | None:
        project, found, file = ls.file(path_of(params.text_document.uri))
        if file is None:
            return None
        told = explained(project, found, file, ls.offset(file.source, params.position))
        if told is None:
            return None
        return lsp.Hover(lsp.MarkupContent(lsp.MarkupKind.Markdown, told.text), ls.range(told.span))

    @made.feature(
        lsp.TEXT_DOCUMENT_COMPLETION,
        lsp.CompletionOptions(trigger_characters=[".", '"', "[", "{", "(", " "]),
    )
    def complete(ls: PolicyServer, params: lsp.CompletionParams) -> lsp.CompletionList:
        project, _, file = ls.file(path_of(params.text_document.uri))
        if file is None:
            return lsp.CompletionList(is_incomplete=False, items=[])
        offset = ls.offset(file.source, params.position)
        items = []
        for number, each in enumerate(suggestions(project, file, file.source.text, offset)):
            edit = lsp.TextEdit(
                ls.between(file.source, min(each.start, offset), offset), each.text or each.label
            )
            items.append(
                lsp.CompletionItem(
                    each.label,
                    kind=_ICONS[each.sort],
                    detail=each.detail or None,
                    documentation=lsp.MarkupContent(lsp.MarkupKind.Markdown, each.documentation)
                    if each.documentation
                    else None,
                    sort_text=f"{number:05}",
                    text_edit=edit,
                )
            )
        return lsp.CompletionList(is_incomplete=False, items=items)

    @made.feature(lsp.TEXT_DOCUMENT_DEFINITION)
    def definition(ls: PolicyServer, params: lsp.DefinitionParams) -> list[lsp.Location]:
        return [ls.location(each.span) for each in _same(ls, params) if each.is_definition]

    @made.feature(lsp.TEXT_DOCUMENT_REFERENCES)
    def references(ls: PolicyServer, params: lsp.ReferenceParams) -> list[lsp.Location]:
        found = _same(ls, params)
        wanted = [each for each in found if params.context.include_declaration or not each.is_definition]
        return [ls.location(each.span) for each in wanted]

    @made.feature(lsp.TEXT_DOCUMENT_PREPARE_RENAME)
    def prepare_rename(ls: PolicyServer, params: lsp.PrepareRenameParams) -> lsp.Range | None:
        at = _at(ls, params)
        return ls.range(at.span) if at is not None and can_be_renamed(at.what) else None

    @made.feature(lsp.TEXT_DOCUMENT_RENAME, lsp.RenameOptions(prepare_provider=True))
    def rename(ls: PolicyServer, params: lsp.RenameParams) -> lsp.WorkspaceEdit | None:
        project, _, _ = ls.file(path_of(params.text_document.uri))
        at = _at(ls, params)
        if project is None or at is None or not can_be_renamed(at.what):
            return None
        try:
            edits = renamed(project, at.what, params.new_name)
        except CanNotRename as reason:
            ls.window_show_message(lsp.ShowMessageParams(lsp.MessageType.Error, str(reason)))
            return None
        changes: dict[str, list[lsp.TextEdit]] = {}
        for path, each in edits.items():
            source = Source(str(path), ls.texts().get(path) or path.read_text(encoding="utf-8-sig"))
            changes[uri_of(path)] = [
                lsp.TextEdit(ls.between(source, start, end), new) for start, end, new in each
            ]
        return lsp.WorkspaceEdit(changes=changes)

    @made.feature(lsp.TEXT_DOCUMENT_FORMATTING)
    def layout(ls: PolicyServer, params: lsp.DocumentFormattingParams) -> list[lsp.TextEdit] | None:
        document = ls.workspace.get_text_document(params.text_document.uri)
        source = Source(document.path or "", document.source)
        try:
            text, problems = formatted(source)
        except NotKept as reason:
            ls.window_show_message(lsp.ShowMessageParams(lsp.MessageType.Error, str(reason)))
            return None
        if problems or text == source.text:
            return None
        return [lsp.TextEdit(ls.between(source, 0, len(source.text)), text)]

    return made


def _at(
    ls: PolicyServer,
    params: lsp.DefinitionParams | lsp.ReferenceParams | lsp.PrepareRenameParams | lsp.RenameParams,
) -> Occurrence | None:
    """The name at a place that the editor names."""
    _, found, file = ls.file(path_of(params.text_document.uri))
    if file is None:
        return None
    return what_is_at(found, file.source.name, ls.offset(file.source, params.position))


def _same(ls: PolicyServer, params: lsp.DefinitionParams | lsp.ReferenceParams) -> tuple[Occurrence, ...]:
    _, found, _ = ls.file(path_of(params.text_document.uri))
    at = _at(ls, params)
    return same_name(found, at.what) if at is not None else ()


def serve() -> None:
    """Speak to an editor over standard input and output, until it ends."""
    server().start_io()
