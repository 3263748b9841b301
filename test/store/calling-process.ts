import { createKeptLedger } from '#routing';
import { openStore } from '#store';

/** Reserves, asks a provider, and stays with its reply unsettled until it is killed. */
const [, , databaseUrl = '', provider = '', tenant = '', runId = '', key = ''] = process.argv;
const store = await openStore({ url: databaseUrl });
const ledger = createKeptLedger(store.ledger);
const call = { key, tenant, runId, taskPath: 'ask', deployment: 'openai:gpt-6-sol', priceVersion: 'v1' };
const { state } = await ledger.reserve({ ...call, nanos: 700, tokens: 50, leaseMs: 1 });
const reply = await fetch(provider, { method: 'POST', body: key });
process.stdout.write(`${state} ${await reply.text()}\n`);
setInterval(() => undefined, 1_000);
