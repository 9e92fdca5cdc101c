import { appendFileSync, closeSync, fsyncSync, openSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Every folder in which a partial was ever created, in a file beside the database: when the database
 * is lost, this is where to look for the `.part.json` files. One JSON string a line, only ever
 * appended to, so that processes do not overwrite each other and a torn line costs one folder.
 */
export interface Places {
  /** Durable when it returns; does nothing for a folder that is known. */
  add(directory: string): void;
  known(): readonly string[];
}

export function openPlaces(databasePath: string): Places {
  const file = join(dirname(databasePath), 'places.jsonl');
  let seen: Set<string> | undefined;
  return {
    add(directory) {
      seen ??= new Set(readPlaces(file));
      if (seen.has(directory)) return;
      append(file, `\n${JSON.stringify(directory)}\n`);
      seen.add(directory);
    },
    known: () => [...new Set(readPlaces(file))],
  };
}

function append(file: string, text: string): void {
  const handle = openSync(file, 'a', 0o600);
  try {
    appendFileSync(handle, text);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function readPlaces(file: string): string[] {
  try {
    return parsePlaces(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

/** What is no JSON string is left out. */
export function parsePlaces(text: string): string[] {
  return text.split('\n').flatMap((line) => {
    try {
      const place: unknown = JSON.parse(line);
      return typeof place === 'string' && place !== '' ? [place] : [];
    } catch {
      return [];
    }
  });
}
