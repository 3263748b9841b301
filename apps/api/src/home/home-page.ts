import { escaped } from './escaped.js';

/** A place to go from the start page. */
export interface Place {
  readonly name: string;
  /** A path of this server, or an address elsewhere. */
  readonly href: string;
  readonly about: string;
}

/** A command to type, and what it does. */
export interface Hint {
  readonly command: string;
  readonly about: string;
}

export interface HomeFacts {
  readonly places: readonly Place[];
  readonly hints: readonly Hint[];
}

const style = `body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:4rem auto;padding:0 1rem;color-scheme:light dark}
dt{font-weight:600}dd{margin:0 0 .8rem}code{font-family:ui-monospace,monospace}`;

/** The page at `/`: what is where. Plain HTML, no script. */
export function homePage({ places, hints }: HomeFacts): string {
  const list = (entries: readonly string[]): string => `<dl>\n${entries.join('\n')}\n</dl>`;
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Nexus</title><style>${style}</style></head>
<body>
<h1>Nexus</h1>
<p>A durable control plane for AI agent work: goals in, durable runs out.</p>
<h2>Here</h2>
${list(
  places.map(
    ({ name, href, about }) =>
      `<dt><a href="${escaped(href)}">${escaped(name)}</a> <code>${escaped(href)}</code></dt><dd>${escaped(about)}</dd>`,
  ),
)}
<h2>In a terminal</h2>
${list(hints.map(({ command, about }) => `<dt><code>${escaped(command)}</code></dt><dd>${escaped(about)}</dd>`))}
</body>
</html>
`;
}
