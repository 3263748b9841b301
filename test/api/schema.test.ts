import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { apiErrorCodes } from '#contracts';
import {
  buildClientSchema,
  buildSchema,
  getIntrospectionQuery,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLOutputType,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  lexicographicSortSchema,
  printSchema,
} from 'graphql';
import { readFileSync } from 'node:fs';
import { type ApiUnderTest, chain, startApi } from './api-under-test.js';
import { subscribe } from './graphql-socket.js';

const text = readFileSync(new URL('../../apps/api/src/schema.graphql', import.meta.url), 'utf8');
const schema = buildSchema(text);

let api: ApiUnderTest;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

const available = new Set(
  `node run runs planPreview templates agents tools models killSwitches startGoal startPlan cancelRun saveTemplate
   breakers setBreaker resetBreaker
   pauseRun resumeRun killRun retryTask skipTask setBudget engageKillSwitch releaseKillSwitch
   approvals decideApproval approvalLink standingRules addStandingRule revokeStandingRule resolveUncertain
   rollbackRun rollbackPreview retryCompensation markCompensated priceChanges approvePriceChange modelCall`.split(
    /\s+/,
  ),
);

it('serves the schema as it is written', async () => {
  const { data } = await api.graphql(getIntrospectionQuery());
  const served: GraphQLSchema = buildClientSchema(data);
  expect(printSchema(lexicographicSortSchema(served))).toContain('type Run implements Node');
  // What introspection does not carry (the resolvers, the comments) is no part of either text.
  expect(withoutDescriptions(served)).toBe(withoutDescriptions(schema));
});

function withoutDescriptions(of: GraphQLSchema): string {
  return printSchema(lexicographicSortSchema(of)).replace(/"""[\s\S]*?"""\n\s*/g, '');
}

const operations = (['Query', 'Mutation'] as const).flatMap((type) => {
  const fields = type === 'Query' ? schema.getQueryType() : schema.getMutationType();
  return Object.values(fields?.getFields() ?? {}).map((field) => ({ type, name: field.name, field }));
});

describe.each(operations)('$type $name', ({ type, name, field }) => {
  it('answers, or says that it is not available yet', async () => {
    const query = `${type.toLowerCase()} { ${name}${args(field)} ${selection(field.type)} }`;
    const { data, errors } = await api.graphql(query);
    const codes = errors.map(({ extensions }) => String(extensions['code']));
    expect(codes.filter((code) => !(apiErrorCodes as readonly string[]).includes(code))).toEqual([]);
    expect(codes).not.toContain('INTERNAL');
    if (available.has(name)) return;
    const refusal = { code: 'FAILED_PRECONDITION', message: `${name} is not available yet` };
    if (type === 'Mutation') expect(data[name].userErrors).toEqual([expect.objectContaining(refusal)]);
    else expect(errors).toEqual([expect.objectContaining({ message: refusal.message })]);
  });
});

it('answers the fields of a run, its tasks and its events', async () => {
  const { data } = await api.graphql(
    `mutation ($plan: JSON!) { startPlan(input: { plan: $plan }) { run { id } userErrors { message } } }`,
    { plan: chain(2) },
  );
  const run = schema.getType('Run') as unknown as GraphQLOutputType;
  const reply = await api.graphql(`{ run(id: "${data.startPlan.run.id}") ${selection(run, 5)} }`);
  expect(reply.errors).toEqual([]);
  expect(reply.data.run).toMatchObject({
    status: 'PENDING',
    plan: { name: 'chain', planner: 'given' },
    tasks: {
      edges: [{ node: { path: 'step0', kind: 'TOOL', status: 'PENDING' } }, { node: { needs: ['step0'] } }],
    },
    events: { edges: [{ node: { type: 'run.created' } }, { node: { type: 'run.planned' } }] },
    approvals: [],
    pauses: [],
    usage: { cost: '0', durationMs: 0 },
  });
});

it('ends subscriptions to what is not known with an error that says so', async () => {
  const events = subscribe(api.url, `subscription { runEvents(runId: "run_nobody") { cursor } }`);
  await events.ended;
  await events.stop();
  expect(events.errors).toEqual([
    expect.objectContaining({ extensions: expect.objectContaining({ code: 'NOT_FOUND' }) }),
  ]);
});

/** Arguments that are right in form, for those that are required. */
function args(field: GraphQLField<unknown, unknown>): string {
  const given = field.args
    .filter((argument) => isNonNullType(argument.type))
    .map((argument) => `${argument.name}: ${literal(argument.type)}`);
  return given.length === 0 ? '' : `(${given.join(', ')})`;
}

function literal(type: GraphQLInputType): string {
  if (isNonNullType(type)) return literal(type.ofType);
  if (isListType(type)) return '[]';
  if (isEnumType(type)) return type.getValues()[0]?.name ?? '';
  if (isInputObjectType(type)) {
    const required = Object.values(type.getFields()).filter((field) => isNonNullType(field.type));
    return `{ ${required.map((field) => `${field.name}: ${literal(field.type)}`).join(', ')} }`;
  }
  const scalars: Record<string, string> = {
    Int: '1',
    Float: '1.5',
    Boolean: 'true',
    JSON: '{}',
    DateTime: '"2030-01-31T08:00:00Z"',
    Money: '"1.5"',
    Duration: '"5m"',
  };
  return scalars[type.name] ?? (type.name === 'ID' ? '"run_00000000-0000-7000-8000-000000000000"' : '"text"');
}

/** All fields, so many levels down; fields that need arguments are left out. */
function selection(type: GraphQLOutputType, depth = 2): string {
  if (isNonNullType(type) || isListType(type)) return selection(type.ofType as GraphQLOutputType, depth);
  if (!isObjectType(type) && !isInterfaceType(type)) return '';
  const fields = Object.values(type.getFields()).flatMap((field) => {
    if (field.args.some((argument) => isNonNullType(argument.type) && argument.defaultValue === undefined))
      return [];
    const inner = depth === 0 ? '' : selection(field.type, depth - 1);
    return inner === '' && !isLeaf(field.type) ? [] : [`${field.name} ${inner}`];
  });
  return fields.length === 0 ? '' : `{ ${fields.join(' ')} }`;
}

function isLeaf(type: GraphQLOutputType): boolean {
  const inner = isNonNullType(type) || isListType(type) ? (type.ofType as GraphQLOutputType) : type;
  if (inner !== type) return isLeaf(inner);
  return !isObjectType(inner) && !isInterfaceType(inner);
}
