import { createHash } from 'node:crypto';
import type { LinkView, UserError } from '#commands';
import { formatUsd } from '#contracts';
import type { OutgoingHttpHeaders } from 'node:http';
import { escaped } from '../home/escaped.js';
import { decidePath } from './decide-path.js';

/** A page with the status that it is answered with. */
export interface Page {
  readonly status: number;
  readonly html: string;
}

type GoodLink = Extract<LinkView, { readonly state: 'good' }>;
type Shown = Extract<LinkView, { readonly state: 'over' }>['approval'];

const style = `body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:3rem auto;padding:0 1rem;color-scheme:light dark}
pre{overflow:auto;max-height:24rem;padding:.8rem;border:1px solid gray;white-space:pre-wrap;overflow-wrap:anywhere}
dt{font-weight:600}dd{margin:0 0 .6rem;overflow-wrap:anywhere}textarea{width:100%;font-family:ui-monospace,monospace;box-sizing:border-box}
button{font:inherit;padding:.5rem 1.2rem;margin-right:.6rem}[role=alert]{border:1px solid crimson;padding:.5rem .8rem}`;

/** Nothing runs and nothing is loaded on these pages, and nobody frames them. They are about secrets: no copies. */
export const pageHeaders: OutgoingHttpHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': [
    "default-src 'none'",
    `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
  // The address has the token in it: it goes nowhere else.
  'referrer-policy': 'same-origin',
  'cache-control': 'no-store',
};

const largestContext = 100_000;

/** What a link leads to: the question with its buttons, or why there is nothing to be decided. */
export function linkPage(view: LinkView, token: string): Page {
  if (view.state === 'good') return { status: 200, html: questionPage(view, token, []) };
  if (view.state === 'over') return overPage(view.approval);
  const said = {
    unknown: ['This link is not known', 'It is incomplete, or was never made by this server.', 404],
    used: ['This link has been used', 'A link is good for one decision.', 410],
    expired: ['This link has expired', 'Ask for a new one: nexus approvals link ID', 410],
  } as const;
  const [title, text, status] = said[view.state];
  return { status, html: page(title, `<p>${escaped(text)}</p>`) };
}

/** The same question, with what is wrong with the answer. The link is as good as before. */
export function refusedPage(view: LinkView, token: string, faults: readonly UserError[]): Page {
  if (view.state !== 'good') return linkPage(view, token);
  return { status: 422, html: questionPage(view, token, faults) };
}

/** The decision is made. */
export function decidedPage({ status, question, decisions, quorum, runId }: Shown): Page {
  const counted = decisions.filter(({ approve }) => approve).length;
  const text =
    status === 'PENDING'
      ? `Your decision is kept; ${quorum - counted} more must approve.`
      : `Run ${runId} is told. You may close this page.`;
  const title = status === 'PENDING' ? 'Thank you' : status === 'APPROVED' ? 'Approved' : 'Rejected';
  return { status: 200, html: page(title, `<p>${escaped(question)}</p><p>${escaped(text)}</p>`) };
}

function overPage({ status, question, decisions, decidedAt }: Shown): Page {
  const who = decisions.map(({ by }) => by).join(', ');
  const at = decidedAt === null ? '' : ` at ${new Date(decidedAt).toISOString()}`;
  const text =
    status === 'EXPIRED'
      ? `Nobody need answer this any more: its time was over${at}.`
      : `It was ${status} by ${who || 'nobody: its time was over'}${at}.`;
  const html = page('Nothing to decide any more', `<p>${escaped(question)}</p><p>${escaped(text)}</p>`);
  return { status: 409, html };
}

function questionPage(view: GoodLink, token: string, faults: readonly UserError[]): string {
  const { approval, goal, costNanos, context, person } = view;
  const { kind, runId, taskPath, expiresAt, policy, argumentsHash, requestedAt } = approval;
  const facts = [
    ['Run', runId],
    ['Goal', goal],
    ['Task', taskPath],
    ['Asked at', new Date(requestedAt).toISOString()],
    ['To be answered by', expiresAt === null ? null : new Date(expiresAt).toISOString()],
    ['Cost of the run so far', `$${formatUsd(costNanos)}`],
    ['Asked by the rule', policy],
    ['Hash of the arguments', argumentsHash],
    ['You decide as', person],
  ] as const;
  const [yes, no] = kind === 'UNCERTAIN' ? ['It happened', 'It did not happen'] : ['Approve', 'Reject'];
  return page(
    approval.question,
    `${faults.length === 0 ? '' : `<div role="alert">${faults.map(({ message }) => `<p>${escaped(message)}</p>`).join('')}</div>`}
<dl>${facts.map(([name, value]) => (value === null ? '' : `<dt>${name}</dt><dd>${escaped(value)}</dd>`)).join('\n')}</dl>
${context === null ? '' : `<h2>Context</h2><pre>${escaped(cut(JSON.stringify(context, null, 2)))}</pre>`}
<form method="post" action="${decidePath}">
<input type="hidden" name="token" value="${escaped(token)}">
${answerField(approval)}
<p><label for="comment">Comment</label><textarea id="comment" name="comment" rows="2" maxlength="2000"></textarea></p>
<p><button name="decision" value="approve">${yes}</button><button name="decision" value="reject">${no}</button></p>
</form>`,
  );
}

/** Plans are edited elsewhere; what else may be answered is JSON. */
function answerField({ kind, answerSchema }: Shown): string {
  if (kind === 'PLAN' || (answerSchema === null && kind !== 'UNCERTAIN')) return '';
  const isChoice = kind === 'ESCALATION' || kind === 'COMPENSATION';
  const label = kind === 'UNCERTAIN' ? 'Its output, if it happened (JSON)' : 'Answer (JSON)';
  const schema =
    answerSchema === null ? '' : `<pre>${escaped(cut(JSON.stringify(answerSchema, null, 2)))}</pre>`;
  const start = isChoice ? escaped('{"do": "retry"}') : '';
  return `<p><label for="answer">${label}</label><textarea id="answer" name="answer" rows="4">${start}</textarea></p>${schema}`;
}

function cut(text: string): string {
  return text.length > largestContext
    ? `${text.slice(0, largestContext)}\n… (the rest: nexus approvals ID)`
    : text;
}

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="robots" content="noindex"><title>Nexus</title><style>${style}</style></head>
<body>
<h1>${escaped(title)}</h1>
${body}
</body>
</html>
`;
}
