import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

// Accounts, reservations and entries have amounts in three units, side by side: money, tokens, calls. Time is a
// moment, after which an account gives nothing any more.
const tables = [
  // Of a run (all of its tree: sub-plans and agents have the run's ID), or of a tenant for one day in UTC.
  `create table budget_account (
    tenant text collate "C" not null,
    scope text collate "C" not null check (scope in ('run', 'tenant')),
    name text collate "C" not null,
    limit_nanos bigint,
    limit_tokens bigint,
    limit_calls bigint,
    deadline_ms bigint,
    cheaper boolean not null default false,
    cost_marks bigint[],
    asked boolean not null default false,
    spent_nanos bigint not null default 0,
    spent_tokens bigint not null default 0,
    spent_calls bigint not null default 0,
    reserved_nanos bigint not null default 0,
    reserved_tokens bigint not null default 0,
    reserved_calls bigint not null default 0,
    primary key (tenant, scope, name)
  ) with (fillfactor = 50)`,
  `create table reservation (
    tenant text collate "C" not null,
    key text collate "C" not null,
    run_id text collate "C",
    day text collate "C" not null,
    task_path text,
    deployment text not null,
    price_version text,
    nanos bigint not null check (nanos >= 0),
    tokens bigint not null check (tokens >= 0),
    state text not null check (state in ('dispatched', 'settled', 'released', 'expired_charged')),
    dispatched_at timestamptz not null,
    expires_at timestamptz not null,
    ended_at timestamptz,
    actual_nanos bigint,
    usage json,
    primary key (tenant, key)
  ) with (fillfactor = 80)`,
  `create index reservation_open on reservation (expires_at) where state = 'dispatched'`,
  `create table ledger_entry (
    id bigint generated always as identity primary key,
    tenant text collate "C" not null,
    key text collate "C" not null,
    run_id text collate "C",
    day text collate "C" not null,
    kind text not null check (kind in ('reserved', 'settled', 'released', 'expired', 'corrected', 'carried')),
    price_version text,
    reserved_nanos bigint not null,
    reserved_tokens bigint not null,
    reserved_calls bigint not null,
    spent_nanos bigint not null,
    spent_tokens bigint not null,
    spent_calls bigint not null,
    at timestamptz not null
  )`,
  `create index ledger_entry_of_run on ledger_entry (run_id, id) where run_id is not null`,
  `create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is only added to', tg_table_name;
end
$$`,
  `create trigger ledger_entry_stays before update or delete on ledger_entry
for each statement execute function refuse_change()`,
];

// An account has what its run's row says, from the moment that this says anything: who sets a budget holds the run's
// row and takes the account next; who reserves makes an account only where no budget was ever set.
const keepAccount = `
create function keep_run_account() returns trigger
language plpgsql
as $$
begin
  insert into budget_account as b (tenant, scope, name, limit_nanos, limit_tokens, limit_calls, deadline_ms, cheaper,
    cost_marks)
  values (new.tenant, 'run', new.id, (new.budget ->> 'limitNanos')::bigint, (new.budget ->> 'maxTokens')::bigint,
    (new.budget ->> 'maxModelCalls')::bigint, (new.budget ->> 'deadline')::bigint,
    coalesce((new.budget ->> 'cheaper')::boolean, false),
    (select array_agg(least(ceil((t ->> 'threshold')::numeric * 1000000000), 9000000000000000000)::bigint)
      from json_array_elements(new.triggers) t where t ->> 'on' = 'COST'))
  on conflict (tenant, scope, name) do update set limit_nanos = excluded.limit_nanos,
    limit_tokens = excluded.limit_tokens, limit_calls = excluded.limit_calls, deadline_ms = excluded.deadline_ms,
    cheaper = excluded.cheaper, cost_marks = excluded.cost_marks, asked = false;
  return new;
end
$$`;

const accountKept = `
create trigger run_account_kept after insert or update of budget on run
for each row when (new.budget is not null or new.triggers is not null) execute function keep_run_account()`;

/** What runs have used before there was a ledger is its first entry. */
const carryOver = [
  `insert into budget_account (tenant, scope, name, limit_nanos, limit_tokens, limit_calls, deadline_ms, cost_marks,
    spent_nanos, spent_tokens, spent_calls)
select r.tenant, 'run', r.id, (r.budget ->> 'limitNanos')::bigint, (r.budget ->> 'maxTokens')::bigint,
  (r.budget ->> 'maxModelCalls')::bigint, (r.budget ->> 'deadline')::bigint,
  (select array_agg(least(ceil((t ->> 'threshold')::numeric * 1000000000), 9000000000000000000)::bigint)
    from json_array_elements(r.triggers) t where t ->> 'on' = 'COST'),
  coalesce((r.usage ->> 'costNanos')::bigint, 0),
  coalesce((r.usage ->> 'inputTokens')::bigint, 0) + coalesce((r.usage ->> 'outputTokens')::bigint, 0),
  coalesce((r.usage ->> 'modelCalls')::bigint, 0)
from run r where r.budget is not null or r.finished_at is null`,
  `insert into ledger_entry (tenant, key, run_id, day, kind, reserved_nanos, reserved_tokens, reserved_calls,
    spent_nanos, spent_tokens, spent_calls, at)
select a.tenant, 'carried', a.name, '', 'carried', 0, 0, 0, a.spent_nanos, a.spent_tokens, a.spent_calls,
  clock_timestamp()
from budget_account a`,
];

// The one place that changes accounts. They are locked in the order of their keys, always after the reservation, so
// that nobody waits in a circle. What a trigger on COST waits for is told by the outbox.
const book = `
create function book_entry(r reservation, what text, held integer, nanos bigint, tokens bigint, calls integer,
  moment timestamptz)
returns boolean
language plpgsql
as $$
declare
  a record;
  crossed boolean := false;
begin
  perform from budget_account b
  where b.tenant = r.tenant and (b.scope, b.name) in (('run', r.run_id), ('tenant', r.day))
  order by b.scope, b.name for no key update;
  for a in
    update budget_account b set
      reserved_nanos = b.reserved_nanos + held * r.nanos, reserved_tokens = b.reserved_tokens + held * r.tokens,
      reserved_calls = b.reserved_calls + held, spent_nanos = b.spent_nanos + nanos,
      spent_tokens = b.spent_tokens + tokens, spent_calls = b.spent_calls + calls
    where b.tenant = r.tenant and (b.scope, b.name) in (('run', r.run_id), ('tenant', r.day))
    returning b.scope, b.spent_nanos, b.cost_marks
  loop
    if a.scope = 'run' and a.cost_marks is not null and exists (
      select from unnest(a.cost_marks) mark where mark > a.spent_nanos - nanos and mark <= a.spent_nanos)
    then
      insert into signal (tenant, run_id, workflow_id, name, argument, created_at)
      select ru.tenant, ru.id, ru.workflow_id, 'spent', json_build_object('costNanos', a.spent_nanos),
        clock_timestamp()
      from run ru where ru.id = r.run_id and ru.tenant = r.tenant and ru.finished_at is null;
      crossed := found;
    end if;
  end loop;
  insert into ledger_entry (tenant, key, run_id, day, kind, price_version, reserved_nanos, reserved_tokens,
    reserved_calls, spent_nanos, spent_tokens, spent_calls, at)
  values (r.tenant, r.key, r.run_id, r.day, what, r.price_version, held * r.nanos, held * r.tokens, held, nanos,
    tokens, calls, moment);
  return crossed;
end
$$`;

// Insert first: a call that is known is the same call again, and not over its budget. That one does not fit is told
// to the run's workflow by the outbox, which has a person asked, whoever in the run's tree wanted to call.
const reserve = `
create function reserve_call(given json) returns json
language plpgsql
as $$
declare
  g record;
  r reservation;
  moment timestamptz;
  today text;
  fresh boolean;
  accounts integer;
  refusal json;
begin
  select * into g from json_to_record(given) as x(tenant text, key text, run_id text, task_path text,
    deployment text, price_version text, nanos bigint, tokens bigint, lease_ms bigint, day_nanos bigint,
    day_tokens bigint, day_calls bigint, now timestamptz);
  moment := coalesce(g.now, clock_timestamp());
  today := to_char(moment at time zone 'UTC', 'YYYY-MM-DD');
  insert into reservation (tenant, key, run_id, day, task_path, deployment, price_version, nanos, tokens, state,
    dispatched_at, expires_at)
  values (g.tenant, g.key, g.run_id, today, g.task_path, g.deployment, g.price_version, g.nanos, g.tokens,
    'dispatched', moment, moment + g.lease_ms * interval '1 millisecond')
  on conflict do nothing returning * into r;
  fresh := found;
  if not fresh then
    select * into r from reservation n where n.tenant = g.tenant and n.key = g.key for update;
    if r.state <> 'released' then
      return json_build_object('state', case r.state when 'settled' then 'settled' else 'dispatched' end);
    end if;
  end if;

  -- Accounts are made before any is locked: who makes one waits for nobody who waits for a lock.
  select count(*) into accounts from budget_account b
  where b.tenant = g.tenant and (b.scope, b.name) in (('run', g.run_id), ('tenant', today));
  if accounts < (case when g.run_id is null then 1 else 2 end) then
    insert into budget_account (tenant, scope, name)
    select g.tenant, n.scope, n.name from (values ('run', g.run_id), ('tenant', today)) as n(scope, name)
    where n.name is not null order by n.scope
    on conflict do nothing;
  end if;
  perform from budget_account b
  where b.tenant = g.tenant and (b.scope, b.name) in (('run', g.run_id), ('tenant', today))
  order by b.scope, b.name for no key update;

  -- First what no call that ends can mend.
  select json_build_object('state', 'refused', 'scope', b.scope, 'unit', c.unit,
    'left', greatest(c.cap - c.spent - c.held, 0), 'limit', c.cap, 'pending', c.spent + c.asked <= c.cap,
    'told', false)
  into refusal
  from budget_account b cross join lateral (values
    ('money', case b.scope when 'run' then b.limit_nanos else g.day_nanos end, b.spent_nanos, b.reserved_nanos,
      g.nanos),
    ('tokens', case b.scope when 'run' then b.limit_tokens else g.day_tokens end, b.spent_tokens,
      b.reserved_tokens, g.tokens),
    ('calls', case b.scope when 'run' then b.limit_calls else g.day_calls end, b.spent_calls, b.reserved_calls, 1),
    ('time', b.deadline_ms, (extract(epoch from moment) * 1000)::bigint, 0, 0)
  ) as c(unit, cap, spent, held, asked)
  where b.tenant = g.tenant and (b.scope, b.name) in (('run', g.run_id), ('tenant', today))
    and c.spent + c.held + c.asked > c.cap
  order by c.spent + c.asked <= c.cap, b.scope, c.unit
  limit 1;
  if refusal is not null then
    if fresh then
      delete from reservation n where n.tenant = g.tenant and n.key = g.key;
    end if;
    if (refusal ->> 'pending')::boolean then
      return refusal;
    end if;
    -- A person is asked once, until there is another budget.
    update budget_account b set asked = true
    where b.tenant = g.tenant and b.scope = 'run' and b.name = g.run_id and not b.asked;
    if found then
      insert into signal (tenant, run_id, workflow_id, name, argument, created_at)
      select ru.tenant, ru.id, ru.workflow_id, 'overdrawn', json_build_object('scope', refusal -> 'scope',
        'unit', refusal -> 'unit', 'left', refusal -> 'left', 'limit', refusal -> 'limit', 'nanos', g.nanos,
        'tokens', g.tokens), clock_timestamp()
      from run ru where ru.id = g.run_id and ru.tenant = g.tenant and ru.finished_at is null;
      return json_build_object('state', 'refused', 'scope', refusal -> 'scope', 'unit', refusal -> 'unit',
        'left', refusal -> 'left', 'limit', refusal -> 'limit', 'pending', false, 'told', true);
    end if;
    return refusal;
  end if;

  if not fresh then
    update reservation n set state = 'dispatched', day = today, nanos = g.nanos, tokens = g.tokens,
      deployment = g.deployment, price_version = g.price_version, dispatched_at = moment, ended_at = null,
      expires_at = moment + g.lease_ms * interval '1 millisecond'
    where n.tenant = g.tenant and n.key = g.key returning * into r;
  end if;
  perform book_entry(r, 'reserved', 1, 0, 0, 0, moment);
  return json_build_object('state', 'reserved');
end
$$`;

// Once. What was charged for an unknown outcome gives way to what it really was.
const settle = `
create function settle_call(given json) returns json
language plpgsql
as $$
declare
  g record;
  r reservation;
  guessed integer;
begin
  select * into g from json_to_record(given) as x(tenant text, key text, nanos bigint, tokens bigint, usage json,
    now timestamptz);
  select * into r from reservation n where n.tenant = g.tenant and n.key = g.key for update;
  if not found then
    return null;
  end if;
  if r.state = 'settled' then
    return json_build_object('counted', false, 'crossed', false, 'runId', r.run_id);
  end if;
  update reservation n set state = 'settled', actual_nanos = g.nanos, usage = g.usage,
    ended_at = coalesce(g.now, clock_timestamp())
  where n.tenant = g.tenant and n.key = g.key;
  guessed := case r.state when 'expired_charged' then 1 else 0 end;
  return json_build_object('counted', true, 'runId', r.run_id, 'crossed', book_entry(r,
    case r.state when 'dispatched' then 'settled' else 'corrected' end,
    case r.state when 'dispatched' then -1 else 0 end,
    g.nanos - guessed * r.nanos, g.tokens - guessed * r.tokens, 1 - guessed, coalesce(g.now, clock_timestamp())));
end
$$`;

const release = `
create function release_call(given json) returns json
language plpgsql
as $$
declare
  g record;
  r reservation;
  guessed integer;
begin
  select * into g from json_to_record(given) as x(tenant text, key text, now timestamptz);
  select * into r from reservation n where n.tenant = g.tenant and n.key = g.key for update;
  if not found then
    return null;
  end if;
  if r.state in ('settled', 'released') then
    return json_build_object('counted', false);
  end if;
  update reservation n set state = 'released', ended_at = coalesce(g.now, clock_timestamp())
  where n.tenant = g.tenant and n.key = g.key;
  guessed := case r.state when 'expired_charged' then 1 else 0 end;
  perform book_entry(r, case guessed when 1 then 'corrected' else 'released' end, guessed - 1,
    - guessed * r.nanos, - guessed * r.tokens, - guessed, coalesce(g.now, clock_timestamp()));
  return json_build_object('counted', true);
end
$$`;

// Nobody knows what became of them: what they could have cost is charged, since it may have been. Who settles one at
// this moment holds it; it is passed over.
const expire = `
create function expire_calls(given json) returns integer
language plpgsql
as $$
declare
  g record;
  moment timestamptz;
  due reservation[];
  r reservation;
begin
  select * into g from json_to_record(given) as x(most integer, now timestamptz);
  moment := coalesce(g.now, clock_timestamp());
  select array_agg(n) into due from (
    select n from reservation n where n.state = 'dispatched' and n.expires_at < moment
    order by n.expires_at limit g.most for update skip locked) as d(n);
  if due is null then
    return 0;
  end if;
  perform from budget_account b
  where (b.tenant, b.scope, b.name) in (
    select d.tenant, 'run', d.run_id from unnest(due) d where d.run_id is not null
    union select d.tenant, 'tenant', d.day from unnest(due) d)
  order by b.tenant, b.scope, b.name for no key update;
  foreach r in array due loop
    update reservation n set state = 'expired_charged', ended_at = moment where n.tenant = r.tenant and n.key = r.key;
    perform book_entry(r, 'expired', -1, r.nanos, r.tokens, 1, moment);
  end loop;
  return array_length(due, 1);
end
$$`;

/** Budgets: what calls of models may cost, what is put by for them, and what they did cost (C6). */
export const budgets: Migration = {
  async up(db) {
    for (const text of [
      ...tables,
      keepAccount,
      accountKept,
      ...carryOver,
      book,
      reserve,
      settle,
      release,
      expire,
    ]) {
      await sql.raw(text).execute(db);
    }
  },
};
