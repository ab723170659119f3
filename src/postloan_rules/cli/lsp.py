"""`postloan lsp`."""

from __future__ import annotations

import click


@click.command()
def lsp() -> None:
    """Serve an editor, which speaks the Language Server Protocol to it over standard input and output.

    Editors start it themselves: docs/editors.md says how. It tells mistakes as you type, explains, completes,
    finds and renames names over all files of a policy, and lays files out as `postloan fmt` does.

    \b
    Example:
      postloan lsp
    """  # noqa: D301 - click keeps the lines after a \b as they are
    from postloan_rules.cli.reporting import needs

    needs("lsp", "pygls")
    from postloan_rules.editor.server import serve

    serve()
