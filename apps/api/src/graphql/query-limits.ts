import { nexusError } from '#contracts';
import {
  type ArgumentNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  getOperationAST,
  Kind,
  type SelectionSetNode,
} from 'graphql';

/** Bounds of one operation: generous for people, tight enough that one query cannot hold the server. */
export const queryLimits = { depth: 16, fields: 2_000, rootFields: 50, cost: 500_000 } as const;

interface Measure {
  depth: number;
  fields: number;
  /** Objects that may be answered: the products of nested `first`s. */
  cost: number;
}

/** Refuses an operation that is too deep, too wide, or asks for too many objects. It has been validated. */
export function checkQueryLimits(
  document: DocumentNode,
  operationName: string | null | undefined,
  variables: Readonly<Record<string, unknown>>,
): void {
  const operation = getOperationAST(document, operationName);
  if (!operation) return;
  const fragments = new Map(
    document.definitions
      .filter((node): node is FragmentDefinitionNode => node.kind === Kind.FRAGMENT_DEFINITION)
      .map((node) => [node.name.value, node]),
  );
  const sizes = new Map<string, Measure>();
  const rootFields = countFields(operation.selectionSet, fragments);
  const measured = measure(operation.selectionSet, { fragments, variables, sizes });
  const found = { depth: measured.depth, fields: measured.fields, rootFields, cost: measured.cost };
  const faults = (Object.keys(queryLimits) as (keyof typeof queryLimits)[])
    .filter((limit) => found[limit] > queryLimits[limit])
    .map((limit) => `${limit} ${found[limit]} of at most ${queryLimits[limit]}`);
  if (faults.length > 0) {
    throw nexusError('BAD_USER_INPUT', `the query is too large: ${faults.join(', ')}`, {
      hint: 'ask for fewer fields or a smaller `first`, or in several queries',
    });
  }
}

interface Walk {
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly variables: Readonly<Record<string, unknown>>;
  /** Fragments are measured once, or a chain of them would take exponential time. */
  readonly sizes: Map<string, Measure>;
}

function measure(selections: SelectionSetNode, walk: Walk): Measure {
  const total: Measure = { depth: 0, fields: 0, cost: 0 };
  for (const node of selections.selections) {
    if (node.kind === Kind.FIELD) {
      // Introspection is deep by nature, and answered from memory.
      if (node.name.value.startsWith('__')) continue;
      const inner = node.selectionSet ? measure(node.selectionSet, walk) : { depth: 0, fields: 0, cost: 0 };
      add(total, {
        depth: inner.depth + 1,
        fields: inner.fields + 1,
        cost:
          (inner.cost + (node.selectionSet ? 1 : 0)) *
          pageSize(node.name.value, node.arguments ?? [], walk.variables),
      });
    } else if (node.kind === Kind.INLINE_FRAGMENT) {
      add(total, measure(node.selectionSet, walk));
    } else {
      add(total, fragmentSize(node.name.value, walk));
    }
  }
  return total;
}

function fragmentSize(name: string, walk: Walk): Measure {
  const known = walk.sizes.get(name);
  if (known) return known;
  const fragment = walk.fragments.get(name);
  const size = fragment ? measure(fragment.selectionSet, walk) : { depth: 0, fields: 0, cost: 0 };
  walk.sizes.set(name, size);
  return size;
}

function add(total: Measure, more: Measure): void {
  total.depth = Math.max(total.depth, more.depth);
  total.fields += more.fields;
  total.cost += more.cost;
}

const defaultPages: Readonly<Record<string, number>> = {
  runs: 20,
  tasks: 50,
  events: 100,
  artefacts: 50,
  approvals: 50,
};

function pageSize(
  field: string,
  args: readonly ArgumentNode[],
  variables: Readonly<Record<string, unknown>>,
): number {
  const value = args.find((argument) => argument.name.value === 'first')?.value;
  const given =
    value?.kind === Kind.INT
      ? Number(value.value)
      : value?.kind === Kind.VARIABLE
        ? variables[value.name.value]
        : undefined;
  if (typeof given === 'number') return Math.max(1, given);
  return defaultPages[field] ?? 1;
}

function countFields(
  selections: SelectionSetNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): number {
  const counts = new Map<string, number>();
  const count = (set: SelectionSetNode): number =>
    set.selections.reduce((sum, node) => {
      if (node.kind === Kind.FIELD) return sum + 1;
      if (node.kind === Kind.INLINE_FRAGMENT) return sum + count(node.selectionSet);
      const name = node.name.value;
      const fragment = fragments.get(name);
      const size = counts.get(name) ?? (fragment ? count(fragment.selectionSet) : 0);
      counts.set(name, size);
      return sum + size;
    }, 0);
  return count(selections);
}
