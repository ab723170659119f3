"""The server in a real editor, by the very snippet that docs/editors.md gives. Debian: apt install neovim."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .desk import TRIGGERS, written

pytest.importorskip("pygls")

PAGE = Path(__file__).parent.parent.parent / "docs" / "editors.md"
NEOVIM = shutil.which("nvim")

ASKED = """
local function ask(method, more)
  local params = vim.lsp.util.make_position_params(0, "utf-16")
  local answers = vim.lsp.buf_request_sync(0, method, vim.tbl_extend("force", params, more or {}), 30000)
  for _, answer in pairs(answers or {}) do
    return answer.result
  end
end
local log = {}
vim.wait(30000, function() return #vim.diagnostic.get() > 0 end, 50)
for _, each in ipairs(vim.diagnostic.get(0)) do
  table.insert(log, ("%s %d:%d %s"):format(each.source, each.lnum + 1, each.col + 1, each.message))
end
vim.api.nvim_win_set_cursor(0, { 4, 12 })
table.insert(log, ask("textDocument/hover").contents.value)
table.insert(log, ask("textDocument/definition")[1].uri)
local edit = ask("textDocument/rename", { newName = "days_behind" })
table.insert(log, edit == nil and "refused" or "renamed")
vim.api.nvim_buf_set_lines(0, 13, 14, false, { "    when: event.amount >=   100" })
vim.wait(30000, function() return #vim.diagnostic.get() == 0 end, 50)
table.insert(log, "problems: " .. #vim.diagnostic.get())
vim.api.nvim_win_set_cursor(0, { 4, 12 })
local files = vim.tbl_keys(ask("textDocument/rename", { newName = "days_behind" }).changes)
table.insert(log, "renamed in " .. #files)
local format = vim.lsp.buf.format or function() vim.lsp.buf.formatting_sync(nil, 30000) end
format({ timeout_ms = 30000 })
vim.cmd("write")
vim.fn.writefile(vim.split(table.concat(log, "\\n"), "\\n"), "log.txt")
vim.cmd("qall!")
"""


@pytest.mark.skipif(NEOVIM is None, reason="Neovim is not installed")
def test_a_session(tmp_path: Path) -> None:
    folder = written(tmp_path).resolve()
    snippet = re.search(
        r"<!-- file: init.lua -->\n```lua\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL
    )
    assert snippet is not None
    (folder / "init.lua").write_text(snippet[1], encoding="utf-8")
    (folder / "asked.lua").write_text(ASKED, encoding="utf-8")
    (folder / "bin").mkdir()
    command = folder / "bin" / "postloan"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m postloan_rules.cli "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    file = folder / "cards" / "triggers.yaml"
    file.write_text(TRIGGERS.replace("event.amount >= 100", "event.amont >= 100"), encoding="utf-8")
    done = subprocess.run(
        [str(NEOVIM), "--headless", "-n", "-u", "init.lua", "cards/triggers.yaml", "-c", "luafile asked.lua"],
        cwd=folder,
        env={
            **os.environ,
            "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
            "HOME": str(folder),
            "XDG_STATE_HOME": str(folder),
            "XDG_CACHE_HOME": str(folder),
        },
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    log = folder / "log.txt"
    assert log.is_file(), done.stdout + done.stderr
    told = log.read_text(encoding="utf-8")
    assert "postloan 14:17 `event` has no field `amont`" in told, told
    assert "**days_late**: fact, days" in told
    assert "/cards/facts.yaml" in told
    assert "refused" in told
    assert "problems: 0" in told
    assert "renamed in 2" in told
    assert file.read_text(encoding="utf-8") == TRIGGERS
