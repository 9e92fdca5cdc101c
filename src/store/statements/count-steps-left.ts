import { statement } from './statement.ts';

export const countStepsLeft = statement<{ id: number }>(`
UPDATE downloads SET steps_left =
  (SELECT COUNT(*) FROM steps WHERE steps.download_id = downloads.id AND steps.status <> 'completed')
WHERE id = :id`);
