import type { Status } from '../../downloads/states.ts';
import { statement } from './statement.ts';

/** How many downloads that take a slot each instance holds, by host and category; `machine` and `role` null: it is not registered. */
export const countLeased = statement<
  Record<never, never>,
  {
    instance: string;
    machine: string | null;
    role: string | null;
    host: string;
    category: string | null;
    status: Status;
    count: number;
  }
>(`
SELECT d.locked_by AS instance, i.host AS machine, i.role AS role, d.host AS host, d.category AS category,
       d.status AS status, COUNT(*) AS count
FROM downloads d LEFT JOIN instances i ON i.uid = d.locked_by
WHERE d.locked_by IS NOT NULL AND d.idle = 0 GROUP BY d.locked_by, i.host, i.role, d.host, d.category, d.status`);
