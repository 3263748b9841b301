/** Text that is a secret wherever it stands. The secret itself is never repeated. */
const patterns: readonly [string, RegExp][] = [
  ['a private key', /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/],
  ['an AWS access key', /\b(?:AKIA|ASIA)[A-Z2-7]{16}\b/],
  ['a GitHub token', /\bgh[pousr]_[A-Za-z0-9]{36,}\b/],
  ['a Slack token', /\bxox[abprs]-[A-Za-z0-9-]{20,}\b/],
  ['an API key of a model provider', /\bsk-(?:ant-|proj-)?[A-Za-z0-9_-]{32,}\b/],
  ['a Google API key', /\bAIza[A-Za-z0-9_-]{35}\b/],
];

const secretFile =
  /(^|\/)(\.env(\.(?!example|sample|template|dist|test)[\w-]+)?|id_(rsa|dsa|ecdsa|ed25519)|[^/]+\.(pem|p12|pfx|keystore|jks))$/;

/** Finds what looks like a secret in a file of a repository. */
export function secretsIn(
  path: string,
  text: string | undefined,
): { path: string; line: number | null; what: string }[] {
  const found: { path: string; line: number | null; what: string }[] = [];
  for (const [what, pattern] of patterns) {
    const at = text === undefined ? -1 : text.search(pattern);
    if (at >= 0) found.push({ path, line: (text ?? '').slice(0, at).split('\n').length, what });
  }
  const publicOnly = text !== undefined && /-----BEGIN (CERTIFICATE|PUBLIC KEY)-----/.test(text);
  if (found.length === 0 && secretFile.test(path) && !publicOnly) {
    found.push({ path, line: null, what: 'a file that usually holds secrets' });
  }
  return found;
}
