import { first } from './0001-first.ts';
import { settings } from './0002-settings.ts';
import type { Migration } from './migration.ts';

/** In order; the last one's version is the schema that this program speaks. */
export const migrations: readonly Migration[] = [first, settings];

export const newestSchema = migrations.length;
