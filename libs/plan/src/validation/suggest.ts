const longest = 64;

/** Looks for the known name that was probably meant; gives a hint, or undefined. */
export type Suggest = (name: string, known: Iterable<string>) => string | undefined;

/** A `Suggest` that stops looking after so many comparisons: large plans full of faults must not take minutes. */
export function createSuggest(comparisons = 50_000): Suggest {
  let left = comparisons;
  return (name, known) => {
    if (name.length > longest) return undefined;
    let best: string | undefined;
    let bestDistance = Math.max(1, Math.floor(name.length / 3)) + 1;
    for (const candidate of known) {
      if (Math.abs(candidate.length - name.length) >= bestDistance || candidate.length > longest) continue;
      left -= 1;
      if (left < 0) break;
      const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
      // Names that share nothing are no help.
      if (distance >= Math.min(name.length, candidate.length)) continue;
      if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
    }
    return best === undefined ? undefined : `did you mean "${best}"?`;
  };
}

/** Insertions, deletions, replacements and swaps of neighbours that lead from one name to the other. */
function editDistance(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const same = from[row - 1] === to[column - 1];
      let cost = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
      );
      const swapped =
        row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      if (swapped) cost = Math.min(cost, (beforeLast[column - 2] ?? 0) + 1);
      current.push(cost);
    }
    [beforeLast, last] = [last, current];
  }
  return last[to.length] ?? 0;
}
