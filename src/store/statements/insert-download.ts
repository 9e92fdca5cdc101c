import { behindAll } from './queued.ts';
import { statement } from './statement.ts';

/** Behind all that waits with its priority. Tells the id. */
export const insertDownload = statement<
  {
    uid: string;
    source: string;
    link: string;
    link_key: string;
    name: string | null;
    priority: number;
    category: string | null;
    host: string;
    gap: number;
    requested_by: string | null;
    runner: string | null;
    metadata: string;
    directory: string;
    options: string;
    created_at: number;
    now: number;
  },
  { id: number }
>(`
INSERT INTO downloads
  (uid, source, link, link_key, name, status, priority, position, category, host, requested_by, runner,
   metadata, directory, options, created_at, updated_at)
VALUES
  (:uid, :source, :link, :link_key, :name, 'pending', :priority,
   ${behindAll(':priority')},
   :category, :host, :requested_by, :runner,
   :metadata, :directory, :options, :created_at, :now)
RETURNING id`);
