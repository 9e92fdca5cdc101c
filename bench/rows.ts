import type { Row } from './row.ts';
import { convert } from './rows/convert.ts';
import { boot, mainLoop, slowConnections } from './rows/library.ts';
import { manyLinks, thousandFiles } from './rows/many-files.ts';
import {
  checkpoints,
  checksummed,
  oneConnection,
  oneConnectionTls,
  sixteenLimited,
  sixteenUnlimited,
} from './rows/one-connection.ts';
import { claims, pages } from './rows/queue.ts';
import { listMany, startUp } from './rows/start-up.ts';
import { torrent } from './rows/torrent.ts';
import { uploads } from './rows/upload.ts';

/** Everything that is measured, in the order in which it is reported. */
export const rows: readonly Row[] = [
  oneConnection,
  oneConnectionTls,
  sixteenLimited,
  sixteenUnlimited,
  checksummed,
  thousandFiles,
  manyLinks,
  torrent,
  slowConnections,
  checkpoints,
  mainLoop,
  startUp,
  listMany,
  boot,
  claims,
  pages,
  uploads,
  convert,
];
