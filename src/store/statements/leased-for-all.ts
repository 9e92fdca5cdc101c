import { rolesForAll } from '../queue-facts.ts';
import { statement } from './statement.ts';

/** How many the instances of a machine hold that run what belongs to nobody. */
export const leasedForAll = statement<{ host: string }, { count: number }>(`
SELECT COUNT(*) AS count FROM instances JOIN downloads ON downloads.locked_by = instances.uid
WHERE instances.host = :host AND instances.role IN (${rolesForAll.map((role) => `'${role}'`).join(', ')})`);
