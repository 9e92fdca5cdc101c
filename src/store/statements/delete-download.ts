import { statement } from './statement.ts';

/** Files, attempts and steps go with it (ON DELETE CASCADE). */
export const deleteDownload = statement<{ id: number }>('DELETE FROM downloads WHERE id = :id');
