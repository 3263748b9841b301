const remembered = 5_000;

/** Remembers names, the latest of them. */
export interface Seen {
  has(name: string): boolean;
  add(name: string): void;
}

export function createSeen(): Seen {
  const names = new Set<string>();
  return {
    has: (name) => names.has(name),
    add(name) {
      names.add(name);
      const [oldest] = names;
      if (names.size > remembered && oldest !== undefined) names.delete(oldest);
    },
  };
}
