/** One thing that Nexus needs or would use: what was found, whether that will do, and what to do if not. */
export interface DoctorRow {
  readonly what: string;
  readonly found: string;
  readonly ok: boolean;
  readonly hint?: string | undefined;
}
