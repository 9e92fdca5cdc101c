import type { AskedWish } from '../store/store.ts';

/** Why a run is stopped from outside; the reason of its AbortSignal. */
export type StopOrder =
  | { readonly by: 'shutdown' }
  | { readonly by: 'lost' }
  /** Hours began in which nothing may run. */
  | { readonly by: 'window' }
  /** What it is to do has changed: it is claimed again at once. */
  | { readonly by: 'choice' }
  | { readonly by: 'wish'; readonly wish: AskedWish };

/** Thrown out of whatever the run was doing. */
export class Stopped extends Error {
  override readonly name = 'Stopped';
  readonly order: StopOrder;

  constructor(order: StopOrder) {
    super(`stopped by ${order.by === 'wish' ? order.wish.wish : order.by}`);
    this.order = order;
  }
}
