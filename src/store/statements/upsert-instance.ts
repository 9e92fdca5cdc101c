import type { InstanceRecord } from '../rows.ts';
import { statement } from './statement.ts';

export const upsertInstance = statement<InstanceRecord>(`
INSERT INTO instances (uid, host, pid, role, socket_path, started_at, beat_at)
VALUES (:uid, :host, :pid, :role, :socket_path, :started_at, :beat_at)
ON CONFLICT (uid) DO UPDATE SET host = excluded.host, pid = excluded.pid, role = excluded.role,
  socket_path = excluded.socket_path, started_at = excluded.started_at, beat_at = excluded.beat_at`);
