import { isMainThread } from 'node:worker_threads';

/**
 * Loaded into a program under test (`--import`): after the process was stopped and continued, its main thread is
 * busy for a while, so that a transfer thread is alone with what it finds.
 */
const gap = 500;
const busyFor = 700;
const lookEvery = 5;

if (isMainThread) {
  let last = performance.now();
  setInterval(() => {
    const now = performance.now();
    while (now - last > gap && performance.now() < now + busyFor);
    last = performance.now();
  }, lookEvery).unref();
}
