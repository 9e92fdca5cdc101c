import { statement } from './statement.ts';

/**
 * What came of the tries that ended. One that began with bytes there is a resume; it succeeded when it went on from
 * them. Those that were begun anew count from their beginning.
 */
export const attemptFigures = statement<
  { since: number },
  {
    tries: number;
    resumes: number | null;
    resumed: number | null;
    bytes: number | null;
    ms: number | null;
    peak: number | null;
  }
>(`
SELECT COUNT(*) AS tries,
  SUM(CASE WHEN from_bytes > 0 THEN 1 ELSE 0 END) AS resumes,
  SUM(CASE WHEN from_bytes > 0 AND restarted = 0 AND (to_bytes > from_bytes OR outcome = 'completed')
    THEN 1 ELSE 0 END) AS resumed,
  SUM(CASE WHEN restarted = 1 THEN to_bytes WHEN to_bytes > from_bytes THEN to_bytes - from_bytes ELSE 0 END) AS bytes,
  SUM(CASE WHEN restarted = 1 OR to_bytes > from_bytes THEN ended_at - started_at ELSE 0 END) AS ms,
  MAX(peak_speed) AS peak
FROM attempts WHERE ended_at IS NOT NULL AND started_at >= :since`);
