import { statement } from './statement.ts';

/** Until the transaction ends nobody else counts what runs, to claim by it. On SQLite there is one writer anyway. */
export const lockSlots = statement<Record<never, never>, { locked: number }>('SELECT 1 AS locked', {
  postgres: 'SELECT 1 AS locked FROM pg_advisory_xact_lock(1280267089)',
});
