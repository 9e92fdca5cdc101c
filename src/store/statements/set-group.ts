import { statement } from './statement.ts';

export const setGroup = statement<{
  id: number;
  priority: number;
  category: string | null;
  position: number;
  now: number;
}>(`
UPDATE downloads SET priority = :priority, category = :category, position = :position, updated_at = :now
WHERE id = :id`);
