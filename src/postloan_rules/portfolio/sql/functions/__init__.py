"""The functions of the rule language in SQL, a file a family."""

from postloan_rules.portfolio.sql.functions.calling import Calling, Translation, Translations
from postloan_rules.portfolio.sql.functions.families import TRANSLATIONS

__all__ = ["TRANSLATIONS", "Calling", "Translation", "Translations"]
