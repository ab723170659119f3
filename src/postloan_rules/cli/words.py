"""The few words of the pages that are not the policy's own, in English and Chinese."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["LANGUAGES", "say"]

LANGUAGES = ("en", "zh")

_WORDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "customer": ("Customer {0} as of {1}", "客户 {0}，截至 {1}"),
        "policy": ("{0} {1}, profile {2}", "{0} {1}，参数方案 {2}"),
        "account": ("account {0}", "账户 {0}"),
        "to do": ("What to do", "应采取的措施"),
        "nothing": ("Nothing is called for", "无需采取措施"),
        "withheld": ("What is withheld", "暂不采取的措施"),
        "why": ("Why", "触发原因"),
        "for an officer": ("For an officer to settle", "需人工判断"),
        "reasons": ("Reasons to tell the customer", "应告知客户的原因"),
        "next": ("Next review", "下次复查"),
        "no next": ("none: no account is under the policy", "无：没有适用本政策的账户"),
        "in days": ("{0}, in {1} days", "{0}（{1} 天后）"),
        "today": ("{0}, today", "{0}（当日）"),
        "rules": ("by {0}", "依据 {0}"),
        "by itself": ("by what is unknown", "因信息未知"),
        "adverse": ("adverse", "不利措施"),
        "missing": ("missing: {0}", "缺失：{0}"),
        "outranked": ("outranked by {0}", "由更高级别的“{0}”取代"),
        "cool_down": ("taken lately; rests until {0}", "近期已采取；{0} 前不再采取"),
        "constraint": ("withheld by the constraint {0}", "受约束 {0} 限制"),
        "unknown value": ("its {0} is unknown", "其 {0} 未知"),
        "fired": ("fired", "已触发"),
        "not_fired": ("not fired", "未触发"),
        "unknown": ("unknown", "未知"),
        "holds": ("holds", "成立"),
        "does not hold": ("does not hold", "不成立"),
        "yes": ("yes", "是"),
        "no": ("no", "否"),
        "any": ("any of", "任一成立"),
        "all": ("all of", "全部成立"),
        "none": ("none of", "均不成立"),
        "triggers": ("Triggers", "触发器"),
        "rules head": ("Rules", "规则"),
        "records": ("{0} records", "{0} 条记录"),
        "a record": ("a record", "一条记录"),
        "left out": (
            "Left out: triggers that did not fire ({0}), rules that do not hold ({1}); --all shows them",
            "未列出：未触发的触发器（{0}）、不成立的规则（{1}）；用 --all 显示",
        ),
    }
)


def say(key: str, language: str, *parts: object) -> str:
    """The words for a key in a language, its parts filled in."""
    return _WORDS[key][LANGUAGES.index(language)].format(*parts)
