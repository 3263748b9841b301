import type { JsonValue } from './json.js';

/** A value kept outside history: an artefact of the run that only Nexus reads. */
export interface ValueRef {
  /** ID of the artefact that holds the JSON text. */
  readonly ref: string;
  readonly bytes: number;
}

/** A value as histories and rows carry it: small ones themselves, large ones by reference. */
export type StoredValue = { readonly inline: JsonValue } | ValueRef;

export function isRef(value: StoredValue): value is ValueRef {
  return 'ref' in value;
}

export function inline(value: JsonValue): StoredValue {
  return { inline: value };
}

/** Bytes up to which a value stays inline, however much a run has inline already. */
export const inlineLimitBytes = 8 * 1024;

/** The largest value that any door takes or any task gives, in bytes of JSON text. */
export const maxValueBytes = 32 * 1024 * 1024;
