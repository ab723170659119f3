"""The server as an editor meets it: another process, spoken to over its standard input and output."""

from __future__ import annotations

import asyncio
import sys
from importlib.metadata import version
from typing import TYPE_CHECKING, TypeVar

import pytest

from .desk import EXAMPLES, RULES, TRIGGERS, written

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

pytest.importorskip("pygls")

from lsprotocol import types as lsp
from pygls.lsp.client import LanguageClient

_Answer = TypeVar("_Answer")
_PATIENCE = 60


class Editor(LanguageClient):
    """Opens files, and keeps what it is told."""

    def __init__(self, folder: Path) -> None:
        super().__init__("a-test", version("pygls"))
        self.folder = folder
        self.told: dict[str, list[lsp.Diagnostic]] = {}
        self.messages: list[str] = []
        self.news = asyncio.Event()

        @self.feature(lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)  # type: ignore[untyped-decorator] # pygls has no types here
        def problems(params: lsp.PublishDiagnosticsParams) -> None:
            self.told[params.uri] = list(params.diagnostics)
            self.news.set()

        @self.feature(lsp.WINDOW_SHOW_MESSAGE)  # type: ignore[untyped-decorator] # as above
        def message(params: lsp.ShowMessageParams) -> None:
            self.messages.append(params.message)

    def uri(self, name: str) -> str:
        return (self.folder / name).as_uri()

    def open(self, name: str, text: str | None = None) -> lsp.TextDocumentIdentifier:
        text = (self.folder / name).read_text(encoding="utf-8") if text is None else text
        item = lsp.TextDocumentItem(self.uri(name), "yaml", 1, text)
        self.text_document_did_open(lsp.DidOpenTextDocumentParams(item))
        return lsp.TextDocumentIdentifier(self.uri(name))

    def change(self, name: str, version_: int, text: str) -> None:
        whole = lsp.TextDocumentContentChangeWholeDocument(text)
        document = lsp.VersionedTextDocumentIdentifier(version_, self.uri(name))
        self.text_document_did_change(lsp.DidChangeTextDocumentParams(document, [whole]))

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait for news until something holds."""

        async def waiting() -> None:
            while not holds():
                self.news.clear()
                await self.news.wait()

        await asyncio.wait_for(waiting(), _PATIENCE)

    def codes(self, name: str) -> list[object] | None:
        found = self.told.get(self.uri(name))
        return None if found is None else [each.code for each in found]


def with_editor(folder: Path, work: Callable[[Editor], Awaitable[_Answer]]) -> _Answer:
    async def session() -> _Answer:
        editor = Editor(folder)
        await editor.start_io(sys.executable, "-m", "postloan_rules.cli", "lsp")
        await editor.initialize_async(
            lsp.InitializeParams(
                capabilities=lsp.ClientCapabilities(), root_uri=folder.as_uri(), process_id=None
            )
        )
        editor.initialized(lsp.InitializedParams())
        try:
            return await asyncio.wait_for(_started(work, editor), _PATIENCE)
        finally:
            await editor.shutdown_async(None)
            editor.exit(None)
            await editor.stop()  # type: ignore[no-untyped-call] # as above

    return asyncio.run(session())


async def _started(work: Callable[[Editor], Awaitable[_Answer]], editor: Editor) -> _Answer:
    return await work(editor)


def place(text: str, piece: str, shift: int = 0) -> lsp.Position:
    """Where a piece of a text begins, as an editor counts: in UTF-16 units."""
    assert text.count(piece) == 1, piece
    before = text[: text.index(piece) + shift]
    line = before.count("\n")
    return lsp.Position(line, len(before.rpartition("\n")[2].encode("utf-16-le")) // 2)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return written(tmp_path).resolve()


def test_mistakes_are_told_as_they_are_typed_and_taken_back(folder: Path) -> None:
    async def work(editor: Editor) -> None:
        name = "cards/triggers.yaml"
        editor.open(name)
        await editor.until(lambda: editor.codes(name) == [])
        editor.change(name, 2, TRIGGERS.replace("days_late >= late", "days_lat >= late"))
        await editor.until(lambda: editor.codes(name) == ["PR0220"])
        told = editor.told[editor.uri(name)][0]
        assert told.range.start == place(TRIGGERS, "days_late >= late")
        assert told.severity == lsp.DiagnosticSeverity.Error
        assert "did you mean `days_late`?" in str(told.message)
        editor.change(name, 3, TRIGGERS.replace("watched:", "observed:"))
        await editor.until(lambda: editor.codes("cards/rules.yaml") == ["PR0331"])
        editor.change(name, 4, TRIGGERS)
        await editor.until(lambda: editor.codes("cards/rules.yaml") == [] and editor.codes(name) == [])
        examples = "cards/examples/cards.yaml"
        editor.open(examples, EXAMPLES.replace("[overdue,", "[overdo,"))
        await editor.until(lambda: editor.codes(examples) == ["PR0607"])

    with_editor(folder, work)


def test_places_count_utf_16_units(folder: Path) -> None:
    text = TRIGGERS.replace("{days_late} days late", "😀 {days_late}")

    async def work(editor: Editor) -> None:
        document = editor.open("cards/triggers.yaml", text)
        at = place(text, "😀 {days_late}", 5)
        told = await editor.text_document_hover_async(lsp.HoverParams(document, at))
        assert told is not None
        assert isinstance(told.contents, lsp.MarkupContent)
        assert "**days_late**: fact, days" in told.contents.value
        assert told.range is not None
        assert told.range.start == place(text, "😀 {days_late}", 3)

    with_editor(folder, work)


def test_what_can_be_written(folder: Path) -> None:
    text = TRIGGERS.replace("days_late >= late", "account.")

    async def work(editor: Editor) -> None:
        document = editor.open("cards/triggers.yaml", text)
        at = place(text, "account.", len("account."))
        found = await editor.text_document_completion_async(lsp.CompletionParams(document, at))
        assert isinstance(found, lsp.CompletionList)
        items = {each.label: each for each in found.items}
        assert items["credit_limit"].detail == "money, may be unknown"
        edit = items["credit_limit"].text_edit
        assert isinstance(edit, lsp.TextEdit)
        assert (edit.range.start, edit.new_text) == (at, "credit_limit")

    with_editor(folder, work)


def test_definitions_references_and_new_names(folder: Path) -> None:
    async def work(editor: Editor) -> None:
        document = editor.open("cards/rules.yaml")
        at = place(RULES, "overdue, cash")
        definition = await editor.text_document_definition_async(lsp.DefinitionParams(document, at))
        assert isinstance(definition, list)
        first = definition[0]
        assert isinstance(first, lsp.Location)
        assert (first.uri, first.range.start) == (
            editor.uri("cards/triggers.yaml"),
            place(TRIGGERS, "overdue:"),
        )
        asked = lsp.ReferenceParams(lsp.ReferenceContext(include_declaration=True), document, at)
        assert len(await editor.text_document_references_async(asked) or ()) == 4
        ready = await editor.text_document_prepare_rename_async(lsp.PrepareRenameParams(document, at))
        assert isinstance(ready, lsp.Range)
        assert ready.start == at
        edit = await editor.text_document_rename_async(lsp.RenameParams(document, at, "is_late"))
        assert edit is not None
        changes = {uri.rpartition("/")[2]: len(each) for uri, each in (edit.changes or {}).items()}
        assert changes == {"triggers.yaml": 2, "rules.yaml": 1, "cards.yaml": 1}
        refused = await editor.text_document_rename_async(lsp.RenameParams(document, at, "late"))
        assert refused is None
        assert editor.messages == ["`late` already names something: a parameter"]

    with_editor(folder, work)


def test_layout(folder: Path) -> None:
    messy = RULES.replace("    rank: 90", "    rank:    90   ")

    async def work(editor: Editor) -> None:
        document = editor.open("cards/rules.yaml", messy)
        options = lsp.FormattingOptions(tab_size=2, insert_spaces=True)
        edits = await editor.text_document_formatting_async(lsp.DocumentFormattingParams(document, options))
        assert edits is not None
        assert [each.new_text for each in edits] == [RULES]
        editor.change("cards/rules.yaml", 2, RULES)
        again = await editor.text_document_formatting_async(lsp.DocumentFormattingParams(document, options))
        assert again is None

    with_editor(folder, work)
