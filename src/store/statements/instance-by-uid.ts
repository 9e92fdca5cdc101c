import type { InstanceRecord } from '../rows.ts';
import { statement } from './statement.ts';

export const instanceByUid = statement<{ uid: string }, InstanceRecord>('SELECT * FROM instances WHERE uid = :uid');
