import type { Integrity } from '../../downloads/download.ts';
import { statement } from './statement.ts';

export const setIntegrity = statement<{ id: number; integrity: Integrity; now: number }>(
  'UPDATE downloads SET integrity = :integrity, updated_at = :now WHERE id = :id',
);
