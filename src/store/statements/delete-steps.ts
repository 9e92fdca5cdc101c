import { statement } from './statement.ts';

export const deleteSteps = statement<{ download_id: number }>('DELETE FROM steps WHERE download_id = :download_id');
