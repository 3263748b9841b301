/**
 * Preloaded into the process the launcher starts: when the launcher is killed outright there is nobody left
 * to pass signals on, so the process asks itself to stop, in the orderly way.
 */
const parent = process.ppid;
const watch = setInterval(() => {
  if (process.ppid === parent) return;
  clearInterval(watch);
  process.kill(process.pid, 'SIGTERM');
}, 500);
watch.unref();
