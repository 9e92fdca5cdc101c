import { statement } from './statement.ts';

export const deleteInstance = statement<{ uid: string }>('DELETE FROM instances WHERE uid = :uid');
