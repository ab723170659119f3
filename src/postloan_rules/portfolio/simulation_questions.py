"""What a simulation asks of a book, in SQL. `$variant` is the number of the policy."""

from __future__ import annotations

from postloan_rules.portfolio.tally import GROUPS, LONGEST

__all__ = ["EXPOSURES", "HEADS", "KEYS", "MOVES", "SEGMENT"]


def _interval() -> str:
    days = "date_diff('day', as_of, next_review)"
    steps = " ".join(f"when {days} <= {longest} then '{name}'" for longest, name in LONGEST)
    return f"case when next_review is null then 'none' {steps} else 'later' end"


KEYS = f"""
create or replace temp table keys as
with mine as (from effects where variant = $variant),
fired as (select distinct place, trigger from states where variant = $variant and state = 'fired'),
taken as (select distinct place, response from chosen where variant = $variant)
select place, 'group' as subject, '{GROUPS[0]}' as name, '' as detail, null::varchar as account_id from mine
union all select place, 'group', '{GROUPS[1]}', '', null from mine where not responded
union all select place, 'group', case when adverse then '{GROUPS[3]}' else '{GROUPS[2]}' end, '', null
    from mine
union all select place, 'group', '{GROUPS[4]}', '', null from mine where referred
union all select place, 'review', {_interval()}, '', null from mine
union all select place, 'trigger', trigger, 'fired', account_id from states
    where variant = $variant and state = 'fired'
union all select place, 'trigger', trigger, 'unknown', account_id from states anti join fired
    using (place, trigger) where variant = $variant and state = 'unknown'
union all select place, 'response', response, 'chosen', account_id from chosen where variant = $variant
union all select place, 'cause', response, cause, account_id from stopped where variant = $variant
union all select place, 'response', response, 'withheld', account_id from stopped anti join taken
    using (place, response) where variant = $variant
"""  # noqa: S608 - names and numbers of ours
"""For each customer all lines of the report that the customer is on, with the accounts concerned."""

HEADS = """
with once as (select distinct place, subject, name, detail from keys)
select subject, name, detail, count(*), count(bad), count(*) filter (bad)
from once join customers using (place) group by all
"""

EXPOSURES = """
with once as (
    select distinct subject, name, detail, place, held.account_id, balance, credit_limit
    from keys join held using (place) where keys.account_id is null or keys.account_id = held.account_id
)
select subject, name, detail, sum(balance), sum(credit_limit), count(*), count(*) - count(credit_limit)
from once group by all
"""

MOVES = """
with wanted as (
    select place, response, account_id, unnest(parameters, recursive := true) from chosen
    where variant = $variant
), sized as (
    select response, name, case name {which} end as before, try_cast(value as decimal(38, 4)) as after
    from wanted join held using (place, account_id) where name in ({names}) and value is not null
)
select response, name, count(*), count(*) filter (after > before), count(*) filter (after < before),
       count(*) - count(before), sum(before), sum(after) filter (before is not null)
from sized group by all order by 3 desc, 1, 2
"""

SEGMENT = """
with cut as (select place, bad, {value} as value, {number} as number from customers),
mine as (from effects where variant = $variant)
select value, count(*), count(*) filter (responded), count(*) filter (adverse), count(*) filter (referred),
       count(bad), count(*) filter (bad), count(bad) filter (adverse), count(*) filter (bad and adverse),
       sum(balance), sum(limits), coalesce(sum(accounts), 0), coalesce(sum(unknown), 0)
from cut join mine using (place) left join owed using (place)
group by value order by min(number) nulls last, value nulls last
"""
