import { setFlagsFromString } from 'node:v8';

/**
 * Keeps the part of the heap small in which V8 makes new objects, for the whole process: it would grow to 32 MiB in
 * each thread, which many slow downloads do not need. To be called before threads are started, and never by the library,
 * whose process is another's. V8's flags as `node --v8-options` tells them.
 */
export function keepYoungGenerationSmall(): void {
  // Of threads that are still to come, MiB for each of its two halves.
  setFlagsFromString('--max-semi-space-size=2');
  // Of this one the limit is fixed by now: it stays as large as it is.
  setFlagsFromString('--semi-space-growth-factor=1');
}
