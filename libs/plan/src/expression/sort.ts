import type { Call } from './call.js';
import { kindOf } from './value.js';
import type { Value } from './value.js';

/**
 * A sorted copy, by the key that the function gives: truth values, then numbers, then text (by UTF-16 code
 * unit, as `<` does), and what is null or undefined last. Equal keys keep their order.
 */
export function sorted(list: readonly Value[], call: Call): Value[] {
  call.spend(list.length * Math.ceil(Math.log2(list.length + 1)));
  return list
    .map((item) => {
      const key = call.lambda ? call.lambda(item) : item;
      return { item, key, rank: rankOf(key, call) };
    })
    .sort((left, right) => left.rank - right.rank || compare(left.key, right.key))
    .map(({ item }) => item);
}

function rankOf(key: Value, call: Call): number {
  if (key === null || key === undefined) return 3;
  if (Number.isNaN(key)) return call.fail('cannot sort by NaN');
  const rank = ['boolean', 'number', 'string'].indexOf(typeof key);
  return rank === -1 ? call.fail(`cannot sort by ${kindOf(key)}; give a key: sort(x => x.name)`) : rank;
}

function compare(left: Value, right: Value): number {
  if (left === null || left === undefined || right === null || right === undefined) return 0;
  if (left < right) return -1;
  return left > right ? 1 : 0;
}
