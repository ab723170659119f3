"""The end of the query: the lists of the Decisions table, in the order of a decision, one row a customer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define
from sqlglot import exp

from postloan_rules.portfolio.sql.choice import ROW, Chosen
from postloan_rules.portfolio.sql.tree import (
    Sql,
    any_sql,
    case,
    cast,
    coalesce,
    column,
    equals,
    false,
    is_known,
    is_unknown,
    null,
    number,
    quoted,
    text,
    true,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from postloan_rules.policy.model import Trigger
    from postloan_rules.portfolio.sql.choice import Choice

__all__ = ["LISTS", "Output"]

LISTS = ("responses", "withheld", "triggers", "referrals")


@define
class Output:
    """What a query gives."""

    choice: Choice

    def select(self) -> exp.Select:
        """The last stage: a row for each customer, with its number and whether it is in doubt."""
        return self._grouped() if self.choice.together else self._alone()

    # One row a customer

    def _alone(self) -> exp.Select:
        stages = self.choice.stages
        lists = {
            "responses": self._responses(self._in_order(), keyed=False),
            "withheld": self._withheld(self._by_name(), keyed=False),
            "triggers": self._states(self._all_triggers()),
            "referrals": self._referrals(keyed=False, of=None),
        }
        names = {name: stages.fresh(name) for name in lists}
        stages.add([(names[name], sql) for name, sql in lists.items()])
        columns = [(name, column(names[name])) for name in LISTS]
        account = self.choice.account_id
        columns.append(("account_id", account if account is not None else null("TEXT")))
        return self._last(columns, self._reasons(column(names["responses"])), column(self.choice.next_review))

    def _last(
        self, columns: Sequence[tuple[str, Sql]], reasons: Sql, next_review: Sql, doubt: Sql | None = None
    ) -> exp.Select:
        stages = self.choice.stages
        in_doubt = doubt if doubt is not None else any_sql(column(name) for name in stages.doubts)
        named = [
            (ROW, column(ROW)),
            *columns,
            ("reasons", reasons),
            ("next_review", next_review),
            ("doubt", in_doubt),
        ]
        selected = [exp.Alias(this=sql, alias=quoted(name)) for name, sql in named]
        return exp.Select(expressions=selected).from_(exp.to_table(stages.last), copy=False)

    def _reasons(self, responses: Sql) -> Sql:
        dialect = self.choice.dialect
        one = column("r")
        adverse = dialect.kept(responses, "r", exp.Dot(this=one, expression=quoted("adverse")))
        reasons = dialect.each(adverse, "r", exp.Dot(this=one.copy(), expression=quoted("reasons")))
        return dialect.distinct(dialect.flattened(reasons))

    # Several rows a customer

    def _grouped(self) -> exp.Select:
        choice = self.choice
        stages, dialect = choice.stages, choice.dialect
        of_account = choice.account_id is not None
        own = {name: stages.fresh(f"{name}_of_account") for name in LISTS}
        whole = {name: stages.fresh(f"{name}_of_customer") for name in LISTS}

        def some(*, per_account: bool) -> dict[str, Sql]:
            def fits(each: Chosen) -> bool:
                return each.response.per_account == per_account

            triggers = [each for each in self._all_triggers() if each.per_account == per_account]
            return {
                "responses": self._responses([each for each in self._in_order() if fits(each)], keyed=True),
                "withheld": self._withheld([each for each in self._by_name() if fits(each)], keyed=True),
                "triggers": self._triggers(triggers, keyed=True),
                "referrals": self._referrals(keyed=True, of=per_account),
            }

        columns = [(whole[name], sql) for name, sql in some(per_account=False).items()]
        if of_account:
            columns += [(own[name], sql) for name, sql in some(per_account=True).items()]
        stages.add(columns)
        doubt = any_sql(column(name) for name in stages.doubts)
        grouped: list[tuple[str, Sql]] = [
            (ROW, column(ROW)),
            ("next_review", exp.Min(this=column(choice.next_review))),
            ("doubt", exp.LogicalOr(this=doubt)),
        ]
        grouped += [(whole[name], exp.AnyValue(this=column(whole[name]))) for name in LISTS]
        if of_account:
            grouped += [(own[name], exp.ArrayAgg(this=column(own[name]))) for name in LISTS]
        select = exp.Select(expressions=[exp.Alias(this=sql, alias=quoted(name)) for name, sql in grouped])
        select.from_(exp.to_table(stages.last), copy=False).group_by(column(ROW), copy=False)
        stages.append(select)
        sorted_lists: list[tuple[str, Sql]] = []
        for name in LISTS:
            items: Sql = column(whole[name])
            if of_account:
                items = dialect.concatenated((items, dialect.flattened(column(own[name]))))
            value = exp.Dot(this=column("x"), expression=quoted("value"))
            sorted_lists.append((stages.fresh(name), dialect.each(dialect.sorted(items), "x", value)))
        stages.add(sorted_lists)
        names = dict(zip(LISTS, (name for name, _ in sorted_lists), strict=True))
        columns = [(name, column(names[name])) for name in LISTS]
        return self._last(
            columns, self._reasons(column(names["responses"])), column("next_review"), column("doubt")
        )

    # Items

    def _in_order(self) -> list[Chosen]:
        return sorted(self._everything(), key=lambda each: (-each.response.rank, each.response.name))

    def _by_name(self) -> list[Chosen]:
        return sorted(self._everything(), key=lambda each: each.response.name)

    def _everything(self) -> list[Chosen]:
        found = [each for each in self.choice.chosen.values() if each.alive]
        return [*found, self.choice.extra] if self.choice.extra is not None else found

    def _account(self, *, per_account: bool) -> Sql:
        account = self.choice.account_id
        return account if per_account and account is not None else null("TEXT")

    def _rules(self, each: Chosen) -> Sql:
        dialect = self.choice.dialect
        if len(each.rules) < 2:
            return dialect.list_of([text(rule.id) for rule in each.rules], "TEXT")
        ids = [case([(column(self.choice.holding(each, rule)), text(rule.id))]) for rule in each.rules]
        return self._known(ids)

    def _known(self, items: Sequence[Sql]) -> Sql:
        return self.choice.dialect.kept(self.choice.dialect.list_of(items, None), "x", is_known(column("x")))

    def _keyed(self, key: Sequence[Sql], struct: Sql, *, keyed: bool) -> Sql:
        """The item, or with what it is ordered by in front of it."""
        if not keyed:
            return struct
        fields = [(f"key{index}", sql) for index, sql in enumerate(key)]
        return self.choice.dialect.struct([*fields, ("value", struct)])

    def _list(self, items: Sequence[tuple[Sql, Sql]], empty: Sql) -> Sql:
        """The items whose conditions hold. `empty` is such an item, by which an empty list is typed."""
        dialect = self.choice.dialect
        if not items:
            return dialect.kept(dialect.list_of([empty], None), "x", false())
        # Numbers first: so the items, of which few are there, are made for those rows only.
        numbers = [case([(condition, number(index))]) for index, (condition, _) in enumerate(items)]
        there = dialect.kept(dialect.list_of(numbers, "SMALLINT"), "k", is_known(column("k")))
        made = [(equals(column("k"), number(index)), struct) for index, (_, struct) in enumerate(items)]
        return dialect.each(there, "k", case(made))

    def _order(self, name: str, *, per_account: bool) -> list[Sql]:
        return [text(name), coalesce(self._account(per_account=per_account), text(""))]

    def _responses(self, responses: Sequence[Chosen], *, keyed: bool) -> Sql:
        return self._list(
            [(column(each.alive), self._response(each, keyed=keyed)) for each in responses],
            self._response(self._everything()[0], keyed=keyed),
        )

    def _response(self, each: Chosen, *, keyed: bool) -> Sql:
        dialect, response = self.choice.dialect, each.response
        parameters = [
            dialect.struct([("name", text(name)), ("value", column(kept))])
            for name, kept in sorted(each.texts.items())
        ]
        blank = dialect.struct([("name", null("TEXT")), ("value", null("TEXT"))])
        struct = dialect.struct(
            [
                ("response", text(response.name)),
                ("account_id", self._account(per_account=response.per_account)),
                ("family", text(response.family)),
                ("rank", number(response.rank)),
                ("rules", self._rules(each)),
                ("adverse", true() if response.adverse else false()),
                ("reasons", dialect.list_of([text(reason) for reason in response.reasons], "TEXT")),
                (
                    "parameters",
                    dialect.list_of(parameters, None)
                    if parameters
                    else dialect.kept(dialect.list_of([blank], None), "x", false()),
                ),
            ]
        )
        key = [number(-response.rank), *self._order(response.name, per_account=response.per_account)]
        return self._keyed(key, struct, keyed=keyed)

    def _withheld(self, responses: Sequence[Chosen], *, keyed: bool) -> Sql:
        found = [
            (any_sql(is_known(column(by)) for by in self._causes(each).values()), self._by(each, keyed=keyed))
            for each in responses
            if self._causes(each)
        ]
        return self._list(found, self._by(self._everything()[0], keyed=keyed))

    def _causes(self, each: Chosen) -> dict[str, str]:
        causes = {
            "outranked": each.outranked,
            "unknown": each.unknown,
            "cool_down": each.cool,
            "constraint": each.breached,
        }
        return {cause: by for cause, by in causes.items() if by is not None}

    def _by(self, each: Chosen, *, keyed: bool) -> Sql:
        response, causes = each.response, self._causes(each)
        named = [(is_known(column(by)), column(by)) for cause, by in causes.items() if cause != "cool_down"]
        struct = self.choice.dialect.struct(
            [
                ("response", text(response.name)),
                ("account_id", self._account(per_account=response.per_account)),
                (
                    "cause",
                    case([(is_known(column(by)), text(cause)) for cause, by in causes.items()])
                    if causes
                    else null("TEXT"),
                ),
                ("by", case(named) if named else null("TEXT")),
                ("until", column(each.cool) if each.cool is not None else null("DATE")),
                ("rules", self._rules(each)),
            ]
        )
        return self._keyed(self._order(response.name, per_account=response.per_account), struct, keyed=keyed)

    def _all_triggers(self) -> list[Trigger]:
        return sorted(self.choice.policy.triggers, key=lambda each: each.name)

    def _states(self, triggers: Sequence[Trigger]) -> Sql:
        """The states alone, as small numbers: the names beside them are the same in every row."""
        dialect = self.choice.dialect

        def state(each: Trigger) -> Sql:
            known = self.choice.scope[each.name].sql
            return cast(case([(known, number(1)), (is_unknown(known), number(2))], number(0)), "TINYINT")

        every = dialect.list_of([state(each) for each in triggers], "TINYINT")
        if self.choice.account_id is None:
            return every
        of_customer = [state(each) for each in triggers if not each.per_account]
        return case([(self.choice.has_account, every)], dialect.list_of(of_customer, "TINYINT"))

    def _triggers(self, triggers: Sequence[Trigger], *, keyed: bool) -> Sql:
        dialect = self.choice.dialect
        items: list[Sql] = []
        for each in triggers:
            state = self.choice.scope[each.name].sql
            word = case([(state, text("fired")), (is_unknown(state), text("unknown"))], text("not_fired"))
            struct = dialect.struct(
                [
                    ("trigger", text(each.name)),
                    ("account_id", self._account(per_account=each.per_account)),
                    ("state", word),
                ]
            )
            items.append(
                self._keyed(self._order(each.name, per_account=each.per_account), struct, keyed=keyed)
            )
        if not items:
            blank = dialect.struct([(name, null("TEXT")) for name in ("trigger", "account_id", "state")])
            blank = self._keyed([text(""), text("")], blank, keyed=keyed)
            return dialect.kept(dialect.list_of([blank], None), "x", false())
        every = dialect.list_of(items, None)
        of_customer = [item for item, each in zip(items, triggers, strict=True) if not each.per_account]
        if len(of_customer) == len(items) or self.choice.account_id is None:
            return every
        without = (
            dialect.list_of(of_customer, None)
            if of_customer
            else dialect.kept(dialect.list_of(items[:1], None), "x", false())
        )
        return case([(self.choice.has_account, every)], without)

    def _referrals(self, *, keyed: bool, of: bool | None) -> Sql:
        """Why a person must look; `of` says whether those of the account or of the customer are meant."""
        choice = self.choice
        by_name = {each.name: each for each in choice.policy.triggers}
        found: list[tuple[str, bool, Sql]] = [
            (name, by_name[name].per_account, condition)
            for name, condition in choice.unknown_triggers().items()
        ]
        found += [
            (each.response.name, each.response.per_account, is_known(column(each.unknown)))
            for each in choice.chosen.values()
            if each.unknown is not None
        ]
        # A constraint is judged for each account, even one that reads no account.
        found += [
            (name, choice.account_id is not None, column(kept)) for name, kept in choice.referred.items()
        ]
        found.sort(key=lambda each: each[0])
        items = [
            (condition, self._referral(name, per_account=per_account, keyed=keyed))
            for name, per_account, condition in found
            if of is None or per_account == of
        ]
        return self._list(items, self._referral("", per_account=False, keyed=keyed))

    def _referral(self, name: str, *, per_account: bool, keyed: bool) -> Sql:
        account = self._account(per_account=per_account)
        struct = self.choice.dialect.struct([("subject", text(name)), ("account_id", account)])
        return self._keyed(self._order(name, per_account=per_account), struct, keyed=keyed)
