/**
 * Whether a goal is one that the patterns of a template name. `*` stands for any text, none included; capitals
 * and the number of blanks make no difference.
 */
export function matchGoal(patterns: readonly string[], goal: string): boolean {
  const text = normalise(goal);
  return patterns.some((pattern) => matches(normalise(pattern), text));
}

function normalise(text: string): string {
  return text.trim().toLowerCase().replace(/\s+/g, ' ');
}

/** Takes each piece between stars as early as it comes, which is enough and never goes back over the text. */
function matches(pattern: string, text: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  if (rest.length === 0) return text === first;
  const last = rest.pop() ?? '';
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length)
    return false;
  const end = text.length - last.length;
  let position = first.length;
  for (const piece of rest) {
    const found = text.indexOf(piece, position);
    if (found === -1 || found + piece.length > end) return false;
    position = found + piece.length;
  }
  return true;
}
