/** Who needs whom among siblings, by place. */
export interface Reachability {
  /** Whether the first needs the second, directly or through others. */
  readonly needs: (task: number, other: number) => boolean;
  /** Each cycle once: its places in the order of needing, and which need of the last closes it. */
  readonly cycles: readonly { readonly places: readonly number[]; readonly need: number }[];
}

/**
 * Follows the needs of siblings (places; negative ones are unknown names) depth first, without recursion: a
 * chain may be ten thousand long.
 */
export function reachability(needs: readonly (readonly number[])[]): Reachability {
  const words = Math.ceil(needs.length / 32);
  const reached: (Uint32Array | undefined)[] = needs.map(() => undefined);
  const cycles: { places: number[]; need: number }[] = [];
  const positionOnPath = new Map<number, number>();

  for (let start = 0; start < needs.length; start += 1) {
    if (reached[start]) continue;
    const path: { place: number; next: number; bits: Uint32Array }[] = [];
    const enter = (place: number): void => {
      positionOnPath.set(place, path.length);
      path.push({ place, next: 0, bits: new Uint32Array(words) });
    };
    enter(start);
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const need = needs[top.place]?.[top.next];
      if (need === undefined) {
        reached[top.place] = top.bits;
        positionOnPath.delete(top.place);
        path.pop();
        const below = path.at(-1);
        if (below) join(below.bits, top.bits);
        continue;
      }
      top.next += 1;
      if (need < 0) continue;
      top.bits[need >>> 5] = (top.bits[need >>> 5] ?? 0) | (1 << (need & 31));
      const done = reached[need];
      const onPath = positionOnPath.get(need);
      if (done) join(top.bits, done);
      else if (onPath === undefined) enter(need);
      else cycles.push({ places: path.slice(onPath).map(({ place }) => place), need: top.next - 1 });
    }
  }

  return {
    needs: (task, other) => ((reached[task]?.[other >>> 5] ?? 0) & (1 << (other & 31))) !== 0,
    cycles,
  };
}

function join(into: Uint32Array, from: Uint32Array): void {
  for (let word = 0; word < from.length; word += 1) into[word] = (into[word] ?? 0) | (from[word] ?? 0);
}
