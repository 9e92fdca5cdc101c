import { setFlagsFromString } from 'node:v8';

/**
 * Keeps the part of the heap small in which V8 makes new objects, for all threads that are still to come: it would grow
 * to 32 MiB in each, which many slow downloads do not need. Of this thread the limit is fixed by now; `./longhaul` sets it
 * when it starts Node. Never to be called by the library, whose process is another's. V8's flags as
 * `node --v8-options` tells them.
 */
export function keepYoungGenerationsSmall(): void {
  // MiB, for each of its two halves.
  setFlagsFromString('--max-semi-space-size=2');
}
