import { first } from './0001-first.ts';
import { settings } from './0002-settings.ts';
import { servers } from './0003-servers.ts';
import { tending } from './0004-tending.ts';
import type { Migration } from './migration.ts';

/** In order; the last one's version is the schema that this program speaks. */
export const migrations: readonly Migration[] = [first, settings, servers, tending];

export const newestSchema = migrations.length;
