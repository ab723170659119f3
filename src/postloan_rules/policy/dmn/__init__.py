"""DMN: tables, facts and conditions written for other tools, and tables and facts read from them."""

from postloan_rules.policy.dmn.export import to_dmn
from postloan_rules.policy.dmn.model import DmnInvalid, DmnModel
from postloan_rules.policy.dmn.reading_in import from_dmn

__all__ = ["DmnInvalid", "DmnModel", "from_dmn", "to_dmn"]
