import type { Status } from '../../downloads/states.ts';
import { statement } from './statement.ts';

export const countByStatus = statement<Record<never, never>, { status: Status; count: number; bytes: number }>(
  'SELECT status, COUNT(*) AS count, COALESCE(SUM(file_size), 0) AS bytes FROM downloads GROUP BY status',
);
