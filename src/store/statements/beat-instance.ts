import { statement } from './statement.ts';

export const beatInstance = statement<{ uid: string; now: number }>(
  'UPDATE instances SET beat_at = :now WHERE uid = :uid',
);
