/** Texts by key, the least recently used dropped first; bounded by what they weigh. */
export interface TextCache {
  get(key: string): string | undefined;
  set(key: string, text: string): void;
}

export function createTextCache(limitBytes: number): TextCache {
  const texts = new Map<string, string>();
  let bytes = 0;

  function get(key: string): string | undefined {
    const text = texts.get(key);
    if (text === undefined) return undefined;
    texts.delete(key);
    texts.set(key, text);
    return text;
  }

  function set(key: string, text: string): void {
    if (weight(text) > limitBytes) return;
    drop(key);
    texts.set(key, text);
    bytes += weight(text);
    for (const oldest of texts.keys()) {
      if (bytes <= limitBytes) break;
      drop(oldest);
    }
  }

  function drop(key: string): void {
    const text = texts.get(key);
    if (text === undefined) return;
    texts.delete(key);
    bytes -= weight(text);
  }

  return { get, set };
}

/** At most two bytes for each unit of a string in memory. */
function weight(text: string): number {
  return text.length * 2;
}
