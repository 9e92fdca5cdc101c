import { statement } from './statement.ts';

export const extendLease = statement<{ id: number; token: number; instance: string; lease_until: number }>(`
UPDATE downloads SET lease_until = :lease_until
WHERE id = :id AND lease_token = :token AND locked_by = :instance`);
