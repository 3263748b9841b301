/* oxlint-disable no-control-regex -- this file is about control characters */

// Strings that a terminal interprets up to their terminator: OSC (titles, links, the clipboard), DCS, SOS, PM, APC.
const controlStrings =
  /(?:\u001b[\]PX^_]|[\u0090\u0098\u009d-\u009f])[^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)?/g;
const controlSequences = /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]?/g;
const escapes = /\u001b[ -/]*[0-~]?/g;
const carriageReturns = /\r\n?/g;
const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;
// They reorder what a person reads, so that text can pose as other text.
const bidirectional = /[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/**
 * Text from a run as a terminal may show it: lines and tabs stay, everything that could move the cursor,
 * set a title, write the clipboard or reorder what is read goes.
 */
export function plainText(text: string): string {
  return text
    .replace(controlStrings, '')
    .replace(controlSequences, '')
    .replace(escapes, '')
    .replace(carriageReturns, '\n')
    .replace(controls, '')
    .replace(bidirectional, '');
}

/** The same on one line, for tables and trees. */
export function plainLine(text: string): string {
  return plainText(text).replace(/\s+/g, ' ').trim();
}

/** JSON on one line whose every control character is escaped, so that it is safe on a terminal too. */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u007f-\u009f]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
