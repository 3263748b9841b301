/** One setting that is wrong: which, in what way, and what to do about it. */
export interface ConfigFault {
  readonly variable: string;
  readonly problem: string;
  readonly hint: string;
}
