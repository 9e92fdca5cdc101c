/** What a `pending` download waits for. */
export const waits = ['slot', 'host', 'category', 'window', 'instance'] as const;
/** What a `retrying` download waits for. */
export const retryReasons = ['backoff', 'quota', 'rate_limit', 'no_space', 'offline', 'metadata'] as const;
export type RetryReason = (typeof retryReasons)[number];
export type WaitingFor = (typeof waits)[number] | RetryReason;
