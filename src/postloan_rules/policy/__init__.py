"""A policy: YAML files in, one checked model out."""

from postloan_rules.policy.files import SHIPPED
from postloan_rules.policy.loader import RuleSetInvalid, load_policy, profiles_of
from postloan_rules.policy.model import Policy

__all__ = ["SHIPPED", "Policy", "RuleSetInvalid", "load_policy", "profiles_of"]
