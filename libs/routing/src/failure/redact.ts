import { providerNames } from '../settings.js';
import type { ProviderSettings } from '../settings.js';

/** Takes every configured key out of a text: providers quote the key they refuse. */
export function createRedactor(settings: ProviderSettings): (text: string) => string {
  const keys = providerNames
    .map((name) => settings[name]?.apiKey?.reveal() ?? '')
    .filter((key) => key.length >= 4);
  return (text) => keys.reduce((kept, key) => kept.replaceAll(key, '***'), text);
}
