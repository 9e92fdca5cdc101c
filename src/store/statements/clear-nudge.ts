import { statement } from './statement.ts';

/** A nudge was handed over; what was asked instead in the meantime stays. */
export const clearNudge = statement<{ id: number }>(
  "UPDATE downloads SET wish = NULL, wish_options = NULL WHERE id = :id AND wish = 'nudge'",
);
