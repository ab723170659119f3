"""What all tests share."""

from __future__ import annotations

import pytest
from hypothesis import settings

# The same examples on every run and machine; more of them with `--hypothesis-profile=thorough`.
settings.register_profile("steady", deadline=None, derandomize=True, max_examples=100)
settings.register_profile("thorough", deadline=None, max_examples=2_000)
settings.load_profile("steady")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--rewrite-expected",
        action="store_true",
        help="write the expected texts of the case folders anew, to be read as a user would",
    )


@pytest.fixture
def rewrite_expected(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--rewrite-expected"))
