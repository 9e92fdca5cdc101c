import type { EventKind } from '../../downloads/events.ts';
import type { Status } from '../../downloads/states.ts';
import { statement } from './statement.ts';

/** `metadata` only where the download will be gone; otherwise it is read from there. Last, so that ids are seen in their order. */
export const insertEvent = statement<{
  at: number;
  download_id: number;
  uid: string;
  kind: EventKind;
  from_status: Status | null;
  to_status: Status | null;
  detail: string;
  metadata: string | null;
}>(
  `
INSERT INTO events (at, download_id, uid, kind, from_status, to_status, detail, metadata)
VALUES (:at, :download_id, :uid, :kind, :from_status, :to_status, :detail, :metadata)`,
  { last: true },
);
