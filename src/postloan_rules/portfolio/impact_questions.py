"""What a comparison of two policies asks of a book, in SQL. The old policy is variant 0, the new one 1."""

from __future__ import annotations

__all__ = ["CHANGES", "EXAMPLES", "KINDS", "MOVES", "PAIRS", "STATES", "VALUES"]

PAIRS = """
create temp table pairs as
with sides as (
    select place, variant, customer_id, next_review,
           list_sort(list_transform(responses, lambda r: [r.response, coalesce(r.account_id, '')])) as keys,
           list_sort(list_distinct(list_transform(responses, lambda r: r.response))) as names,
           list_sort(list_transform(withheld, lambda r: [r.response, coalesce(r.account_id, ''), r.cause]))
               as held_back,
           list_sort(list_transform(list_filter(triggers, lambda t: t.state <> 'not_fired'),
               lambda t: [t.trigger, coalesce(t.account_id, ''), t.state])) as states,
           list_sort(list_transform(responses, lambda r: [r.response, coalesce(r.account_id, ''),
               list_transform(r.parameters, lambda p: concat(p.name, '=', p.value))::varchar])) as values
    from decisions
)
select place, o.customer_id, o.keys as old_keys, n.keys as new_keys,
       o.names as old_names, n.names as new_names,
       o.next_review as old_review, n.next_review as new_review,
       o.values <> n.values or o.held_back <> n.held_back or o.states <> n.states
           or o.next_review is distinct from n.next_review as changed
from sides as o join sides as n using (place) where o.variant = 0 and n.variant = 1
"""

CHANGES = """
create temp table changes as
with held_of as (
    select place, account_id, balance from held
    union all select place, null, sum(balance) from held group by place
), gains as (
    select place, unnest(list_filter(new_keys, lambda k: not list_contains(old_keys, k))) as key,
           'gained' as change from pairs
    union all
    select place, unnest(list_filter(old_keys, lambda k: not list_contains(new_keys, k))), 'lost' from pairs
), written as (
    select place, variant, response, account_id, unnest(parameters, recursive := true) from chosen
), parameters as (
    select place, 'parameter' as change, o.response, o.name as parameter, o.account_id,
           o.value as before, n.value as after
    from written as o join written as n using (place, response, name)
    where o.variant = 0 and n.variant = 1 and o.account_id is not distinct from n.account_id
    and o.value is distinct from n.value
), all_changes as (
    select place, change, key[1] as response, '' as parameter, nullif(key[2], '') as account_id,
           case change when 'lost' then 'chosen' else 'not chosen' end as before,
           case change when 'lost' then 'not chosen' else 'chosen' end as after
    from gains
    union all select place, change, response, parameter, account_id, coalesce(before, 'unknown'),
        coalesce(after, 'unknown') from parameters
    union all
    select place, case when old_review is null then 'appears' when new_review is null then 'disappears'
           when new_review < old_review then 'sooner' else 'later' end, '', '', null,
           coalesce(old_review::varchar, 'none'), coalesce(new_review::varchar, 'none')
    from pairs where old_review is distinct from new_review
)
select all_changes.*, held_of.balance, customer_id
from all_changes join pairs using (place) left join held_of
on held_of.place = all_changes.place and held_of.account_id is not distinct from all_changes.account_id
"""

MOVES = """
select old_names, new_names, count(*), sum(coalesce(balance, 0))
from pairs left join owed using (place) where old_keys <> new_keys
group by all order by 3 desc, 4 desc, 1, 2
"""

KINDS = """
select change, response, parameter, count(distinct place), sum(coalesce(balance, 0))
from changes group by change, response, parameter
order by case change when 'gained' then 1 when 'lost' then 2 when 'parameter' then 3 else 4 end,
         4 desc, 5 desc, 2, 3, 1
"""

EXAMPLES = """
select customer_id, account_id, place, balance, before, after from changes
where change = ? and response = ? and parameter = ?
qualify row_number() over (partition by place order by balance desc, account_id) = 1
order by balance desc nulls last, customer_id limit ?
"""

VALUES = """
with sized as (
    select response, parameter, try_cast(before as decimal(38, 10)) as before,
           try_cast(after as decimal(38, 10)) as after
    from changes where change = 'parameter'
)
select response, parameter, count(*), count(*) filter (after > before), count(*) filter (after < before),
       sum(before) filter (after is not null), sum(after) filter (before is not null)
from sized group by all order by 3 desc, 1, 2
"""

STATES = """
with strongest as (
    select place, variant, trigger,
           case max(case state when 'fired' then 2 when 'unknown' then 1 else 0 end)
           when 2 then 'fired' when 1 then 'unknown' else 'not fired' end as state
    from states group by all
), compared as (
    select trigger, coalesce(o.state, 'nothing') as before, coalesce(n.state, 'nothing') as after
    from (from strongest where variant = 0) as o
    full join (from strongest where variant = 1) as n using (place, trigger)
)
select trigger, before, after, count(*) from compared
where before <> after and not (before in ('nothing', 'not fired') and after in ('nothing', 'not fired'))
group by all order by 4 desc, 1, 2, 3
"""
