/** All that contracts need to name it; workflows themselves have no use for one, and no Node or DOM types. */
interface AbortSignal {
  readonly aborted: boolean;
}
