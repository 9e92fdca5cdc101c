import { statement } from './statement.ts';

export const instanceNamed = statement<{ uid: string }, { uid: string }>('SELECT uid FROM instances WHERE uid = :uid');
