"""The functions of the rule language, and the parts of its values that a path reads."""

from postloan_rules.expressions.functions.properties import (
    PROPERTIES,
    Property,
    property_type,
    property_value,
)
from postloan_rules.expressions.functions.signature import BARE, Function, Parameter
from postloan_rules.expressions.functions.table import FAMILIES, FUNCTIONS

__all__ = [
    "BARE",
    "FAMILIES",
    "FUNCTIONS",
    "PROPERTIES",
    "Function",
    "Parameter",
    "Property",
    "property_type",
    "property_value",
]
