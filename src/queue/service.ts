/** Something that runs until it is stopped. Both calls may come twice, and `stop` before `start`. */
export interface Service {
  start(): Promise<void>;
  /** Resolves when nothing of it runs any more. */
  stop(): Promise<void>;
}
