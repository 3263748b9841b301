import type { Providers } from '#config';
import type { DoctorRow } from './row.js';

/** Which providers would be used. None is no fault: plans without models run all the same. */
export function providersRow(providers: Providers): DoctorRow {
  const configured = Object.entries(providers).map(([name, { baseUrl }]) =>
    baseUrl ? `${name} at ${baseUrl}` : name,
  );
  const none = configured.length === 0;
  return {
    what: 'Model providers',
    found: none ? 'none configured' : configured.join(', '),
    ok: true,
    hint: none ? 'Set a key such as OPENAI_API_KEY, or OPENAI_BASE_URL for a model of your own.' : undefined,
  };
}
