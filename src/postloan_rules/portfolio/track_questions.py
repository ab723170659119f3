"""What a policy over months asks of a book, in SQL."""

from __future__ import annotations

__all__ = [
    "AWAY",
    "CALLED",
    "FLAPPING",
    "KIND",
    "PRESENT",
    "RESPONSE",
    "SPELLS",
    "STATES",
    "STAYS",
    "TRANSITIONS",
]

NOTHING, OTHER, REFERRED, ADVERSE = "nothing", "another response", "referred", "adverse"
STATES = (NOTHING, OTHER, REFERRED, ADVERSE)
AWAY = "not there"
"""The state of a customer who is in no decision of the month."""

KIND = f"""
case when bool_or(adverse) then '{ADVERSE}' when bool_or(referred) then '{REFERRED}'
     when bool_or(responded) then '{OTHER}' else '{NOTHING}' end
"""
"""The kind of what is chosen, the gravest first."""

RESPONSE = f"coalesce(min(top).r, '{NOTHING}')"
"""The response of the highest rank."""

PRESENT = """
create temp table present as
with flat as (
    select month, customer_id, as_of, responded, adverse, referred,
           list_min(list_transform(responses, lambda r: struct_pack(o := -r.rank, r := r.response))) as top,
           list_contains(list_transform(withheld, lambda w: w.cause), 'cool_down') as resting,
           coalesce(list_bool_or(list_transform(triggers,
               lambda t: t.state = 'fired' and list_contains({due}, t.trigger))), false) as due
    from effects join (select month, place, responses, withheld, triggers from decisions) using (month, place)
)
select month, customer_id, any_value(as_of) as as_of, {state} as state, bool_or(responded) as responded,
       bool_or(adverse) as adverse, bool_or(referred) as referred, bool_or(resting) as resting,
       bool_or(due) as due
from flat group by month, customer_id
"""
"""Each customer once a month."""

SPELLS = """
create temp table spells as
with numbered as (
    select *, row_number() over (partition by customer_id order by month)
              - row_number() over (partition by customer_id, state order by month) as spell,
           max(month) over (partition by customer_id) as last
    from present
)
select customer_id, state, spell, count(*) as months, max(month) = any_value(last) as running
from numbered group by customer_id, state, spell
"""
CALLED = """
create temp table called as
with wanted as (
    select distinct month, customer_id, r as response from (
        select month, customer_id, unnest(list_concat(
            list_transform(responses, lambda r: r.response),
            list_transform(list_filter(withheld, lambda w: w.cause = 'cool_down'), lambda w: w.response)
        )) as r
        from decisions)
), ever as (select distinct customer_id, response from wanted),
each_month as (
    select ever.customer_id, ever.response, present.month, wanted.response is not null as on_now,
           coalesce(lag(wanted.response is not null)
               over (partition by ever.customer_id, ever.response order by present.month), false) as on_before
    from ever join present using (customer_id) left join wanted
    on wanted.customer_id = ever.customer_id and wanted.response = ever.response
    and wanted.month = present.month
)
select customer_id, response, count(*) filter (on_now and not on_before) - 1 as returns
from each_month group by customer_id, response
"""

TRANSITIONS = f"""
with steps as (
    select coalesce(o.state, '{AWAY}') as before, coalesce(n.state, '{AWAY}') as after
    from (select distinct customer_id from present) as everyone
    cross join (from range($steps) as numbers(month)) as months
    left join present as o on o.customer_id = everyone.customer_id and o.month = months.month
    left join present as n on n.customer_id = everyone.customer_id and n.month = months.month + 1
)
select before, after, count(*) from steps where before <> '{AWAY}' or after <> '{AWAY}' group by all
"""  # noqa: S608 - names and numbers of ours

STAYS = """
select state, count(distinct customer_id), count(*), count(*) filter (running), sum(months)::bigint,
       max(months)
from spells group by state
"""

FLAPPING = """
select response, count(*), count(*) filter (returns > 0), sum(returns)::bigint, max(returns),
       coalesce(list(customer_id order by returns desc, customer_id) filter (returns > 0), [])[:10]
from called group by response order by 3 desc, 2 desc, 1
"""
