import { rolesForAll } from '../queue-facts.ts';
import { statement } from './statement.ts';

/** How many the instances of a machine hold in this state that run what belongs to nobody, without one of them. */
export const leasedForAll = statement<{ host: string; status: string; without: number }, { count: number }>(`
SELECT COUNT(*) AS count FROM instances JOIN downloads ON downloads.locked_by = instances.uid
WHERE downloads.idle = 0 AND instances.host = :host AND instances.role IN (${rolesForAll.map((role) => `'${role}'`).join(', ')})
AND downloads.status = :status AND downloads.id <> :without`);
