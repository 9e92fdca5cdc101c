import type { InstanceRecord } from '../rows.ts';
import { statement } from './statement.ts';

export const allInstances = statement<Record<never, never>, InstanceRecord>(
  'SELECT * FROM instances ORDER BY started_at, uid',
);
