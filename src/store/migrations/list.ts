import { first } from './0001-first.ts';
import { settings } from './0002-settings.ts';
import { servers } from './0003-servers.ts';
import { tending } from './0004-tending.ts';
import { duplicates } from './0005-duplicates.ts';
import { queue } from './0006-queue.ts';
import { steps } from './0007-steps.ts';
import { stepPlaces } from './0008-step-places.ts';
import { seeding } from './0009-seeding.ts';
import { torrents } from './0010-torrents.ts';
import { stepsLeft } from './0011-steps-left.ts';
import { warnings } from './0012-warnings.ts';
import type { Migration } from './migration.ts';

/** In order; the last one's version is the schema that this program speaks. */
export const migrations: readonly Migration[] = [
  first,
  settings,
  servers,
  tending,
  duplicates,
  queue,
  steps,
  stepPlaces,
  seeding,
  torrents,
  stepsLeft,
  warnings,
];

export const newestSchema = migrations.length;
