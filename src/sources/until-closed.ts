import { asFailure } from '../downloads/failure.ts';

/**
 * What `Transfer.done` promises of the work of a transfer: its end, or a `Failure`, and neither once `closing` is
 * aborted. Nobody need listen to it.
 */
export function untilClosed<T>(work: Promise<T>, closing: AbortSignal): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  promise.catch(() => {});
  work.then(
    (end) => closing.aborted || resolve(end),
    (error: unknown) => closing.aborted || reject(asFailure(error)),
  );
  return promise;
}
