import type { Row } from './row.ts';
import { oneConnection } from './rows/one-connection.ts';
import { listMany, startUp } from './rows/start-up.ts';

/** Everything that is measured, in the order in which it is reported. */
export const rows: readonly Row[] = [oneConnection, startUp, listMany];
