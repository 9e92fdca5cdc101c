import { statement } from './statement.ts';

/** What the registered instances of a machine fetch now. */
export const downloadingOnHost = statement<
  { host: string },
  { id: number; instance: string; link: string; category: string | null; options: string }
>(`
SELECT downloads.id, downloads.locked_by AS instance, downloads.link, downloads.category, downloads.options
FROM instances JOIN downloads ON downloads.locked_by = instances.uid
WHERE instances.host = :host AND downloads.status = 'downloading'
ORDER BY downloads.id`);
