/** Who asks, and under which request. */
export interface CommandContext {
  readonly tenant: string;
  /** In every log line and every error of the request. */
  readonly requestId: string;
  /** Who is named where a person's deed is recorded. */
  readonly actor: string;
}
