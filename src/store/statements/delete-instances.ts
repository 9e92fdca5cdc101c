import { statement } from './statement.ts';

export const deleteInstances = statement('DELETE FROM instances');
