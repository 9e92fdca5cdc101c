import type { DownloadRow } from '../rows.ts';
import { statement } from './statement.ts';

/** What was asked of downloads that this instance holds. */
export const wishesFor = statement<{ instance: string }, Pick<DownloadRow, 'id' | 'wish' | 'wish_options'>>(
  'SELECT id, wish, wish_options FROM downloads WHERE locked_by = :instance AND wish IS NOT NULL',
);
