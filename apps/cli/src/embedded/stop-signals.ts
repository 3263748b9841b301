/** One Ctrl-C may arrive several times: from the terminal, from npm and from the launcher. */
const sameRequestMs = 1_500;

/**
 * Calls `stop` once, on the first SIGINT or SIGTERM. A second request, made after the echoes of the first,
 * ends the process at once: whoever asks twice does not want to wait.
 */
export function onStopSignal(stop: (signal: NodeJS.Signals) => void): void {
  let askedAt: number | undefined;
  const heard = (signal: NodeJS.Signals): void => {
    if (askedAt === undefined) {
      askedAt = Date.now();
      stop(signal);
    } else if (Date.now() - askedAt > sameRequestMs) {
      process.exit(130);
    }
  };
  process.on('SIGINT', heard);
  process.on('SIGTERM', heard);
}
