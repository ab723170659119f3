"""Examples in README.md, docs/ and docstrings run as tests."""

from __future__ import annotations

from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser, SkipParser
from sybil.parsers.rest import DocTestParser
from sybil.parsers.rest import PythonCodeBlockParser as DocstringCodeBlockParser

_pages = Sybil(parsers=[PythonCodeBlockParser(), SkipParser()], patterns=["README.md", "docs/*.md"])
_docstrings = Sybil(parsers=[DocTestParser(), DocstringCodeBlockParser()], patterns=["src/**/*.py"])

pytest_collect_file = (_pages + _docstrings).pytest()
