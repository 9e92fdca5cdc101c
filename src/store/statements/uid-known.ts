import { statement } from './statement.ts';

export const uidKnown = statement<{ uid: string }, { id: number }>('SELECT id FROM downloads WHERE uid = :uid');
