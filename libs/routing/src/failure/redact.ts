import type { Secret } from '../settings.js';

/** Takes every configured key out of a text: providers quote the key they refuse. */
export function createRedactor(secrets: readonly Secret[]): (text: string) => string {
  const keys = secrets.map(({ reveal }) => reveal()).filter((key) => key.length >= 4);
  return (text) => keys.reduce((kept, key) => kept.replaceAll(key, '***'), text);
}
