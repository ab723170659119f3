"""Views of a decision and its trace: one model of what is shown, and one file a form."""

from postloan_rules.decisions.views.building import Choice, view_of
from postloan_rules.decisions.views.masking import shown_fields
from postloan_rules.decisions.views.view import Line, Place, Value, View
from postloan_rules.decisions.views.wording import LANGUAGES, Wording

__all__ = ["LANGUAGES", "Choice", "Line", "Place", "Value", "View", "Wording", "shown_fields", "view_of"]
