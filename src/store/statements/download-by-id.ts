import type { DownloadRow } from '../rows.ts';
import { statement } from './statement.ts';

export const downloadById = statement<{ id: number }, DownloadRow>('SELECT * FROM downloads WHERE id = :id');
