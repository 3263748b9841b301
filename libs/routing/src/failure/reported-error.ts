import { APICallError } from '@ai-sdk/provider';

/** What a provider said went wrong: as a refusal, or in the midst of a stream that had begun well. */
export interface ReportedError {
  /** Of the reply; of a stream, the one that its error stands for. Undefined where nobody knows. */
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** Everything that it said, to be searched for words. */
  readonly text: string;
  /** For people. */
  readonly message: string;
  /** It came after the provider had said that all is well. */
  readonly inBand: boolean;
}

/** Reads an error of an AI SDK adapter; null for what is none of a provider's. */
export function reportedError(error: unknown): ReportedError | null {
  if (APICallError.isInstance(error)) return ofReply(error);
  if (typeof error !== 'object' || error === null || error instanceof Error) {
    return typeof error === 'string' ? inBand(error, undefined, error) : null;
  }
  return ofStream(error as StreamError);
}

function ofReply(error: APICallError): ReportedError {
  const { statusCode, responseHeaders: headers = {}, responseBody: body = '' } = error;
  const message = error.message === '' ? body || 'no message' : error.message;
  const text = `${message} ${body}`;
  // OpenRouter answers 200 and says in the body what has failed.
  if (statusCode !== undefined && statusCode < 400) {
    const told = errorIn(body);
    if (told !== null) return { ...ofStream(told), headers, text };
  }
  const said = statusCode === undefined ? 'no answer' : `status ${statusCode}`;
  return { status: statusCode, headers, text, message: `${said}: ${message}`, inBand: false };
}

interface StreamError {
  readonly message?: unknown;
  readonly type?: unknown;
  readonly code?: unknown;
  readonly statusCode?: unknown;
  readonly data?: unknown;
  readonly error?: unknown;
}

function ofStream(error: StreamError): ReportedError {
  const inner =
    typeof error.error === 'object' && error.error !== null ? (error.error as StreamError) : error;
  const { message, type, code, statusCode } = inner;
  const words = [type, code].filter((each) => typeof each === 'string');
  const known = words.map((word) => statusOfWord[word]).find((status) => status !== undefined);
  const status = [statusCode, code].find(isStatus) ?? known ?? statusInText(code);
  const text = typeof message === 'string' ? message : (JSON.stringify(error) ?? 'no message');
  return inBand(text, status, [text, ...words, JSON.stringify(error)].join(' '));
}

function inBand(message: string, status: number | undefined, text: string): ReportedError {
  return { status, headers: {}, text, message: `in its answer: ${message}`, inBand: true };
}

function isStatus(value: unknown): value is number {
  return typeof value === 'number' && value >= 400 && value < 600;
}

function statusInText(code: unknown): number | undefined {
  const status = typeof code === 'string' ? Number(code) : Number.NaN;
  return isStatus(status) ? status : undefined;
}

/** The statuses that the kinds of errors in streams stand for. */
const statusOfWord: Readonly<Record<string, number>> = {
  invalid_request_error: 400,
  authentication_error: 401,
  billing_error: 402,
  permission_error: 403,
  not_found_error: 404,
  rate_limit_error: 429,
  rate_limit_exceeded: 429,
  RESOURCE_EXHAUSTED: 429,
  api_error: 500,
  server_error: 500,
  INTERNAL: 500,
  UNAVAILABLE: 503,
  timeout_error: 504,
  overloaded_error: 529,
};

function errorIn(body: string): StreamError | null {
  try {
    const { error } = JSON.parse(body) as { error?: unknown };
    return typeof error === 'object' && error !== null ? (error as StreamError) : null;
  } catch {
    return null;
  }
}
