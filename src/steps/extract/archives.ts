import { basename, dirname, join } from 'node:path';

/** One archive, of one file or of several parts. */
export interface ArchiveFiles {
  /** What its content is put under: the name without endings. */
  readonly stem: string;
  /** The part that is opened. */
  readonly first: string;
  /** All parts in their order, `first` among them. */
  readonly parts: readonly string[];
  /** Names of parts that must be there and are not. */
  readonly missing: readonly string[];
}

interface Part {
  readonly path: string;
  readonly stem: string;
  /** Its place among the parts: 0 is the one that is opened first. */
  readonly place: number;
  readonly nameOf: (place: number) => string;
}

const single = /^(.+?)\.(?:zip|rar|7z|tar|tgz|tbz2?|txz|tzst|tar\.(?:gz|bz2|xz|zst)|gz|bz2|xz|zst)$/i;

/** The archives among these files, by their names; parts of one archive together. Pure. */
export function archivesAmong(paths: readonly string[]): readonly ArchiveFiles[] {
  const groups = new Map<string, Part[]>();
  for (const path of paths) {
    const part = partOf(path);
    if (!part) continue;
    const key = join(dirname(path), part.stem.toLowerCase());
    groups.set(key, [...(groups.get(key) ?? []), part]);
  }
  return [...groups.values()].flatMap(archivesIn);
}

/** Parts of one name: one archive with its parts, or several that only share their name (`a.zip` and `a.tar.gz`). */
function archivesIn(parts: readonly Part[]): ArchiveFiles[] {
  const kinds = Map.groupBy(parts, ({ nameOf }) => nameOf(1));
  return [...kinds.values()].flatMap((same) => {
    const sorted = same.toSorted((a, b) => a.place - b.place);
    const last = sorted.at(-1)?.place ?? 0;
    const there = new Map(sorted.map((part) => [part.place, part]));
    const [any] = sorted;
    if (!any) return [];
    const missing = Array.from({ length: last }, (_, place) => place).filter((place) => !there.has(place));
    const first = there.get(0) ?? any;
    return [
      {
        stem: any.stem,
        first: first.path,
        parts: sorted.map(({ path }) => path),
        missing: missing.map((place) => first.nameOf(place)),
      },
    ];
  });
}

/** `x.part02.rar` is place 1; `x.rar` place 0 and `x.r00` place 1; `x.7z.001` place 0; `x.zip` place 0 and `x.z01` place 1. */
function partOf(path: string): Part | undefined {
  const name = basename(path);
  const [, newStem, newNumber] = /^(.+)\.part(\d{1,5})\.rar$/i.exec(name) ?? [];
  if (newStem !== undefined && newNumber !== undefined) {
    const width = newNumber.length;
    const nameOf = (place: number) => `${newStem}.part${String(place + 1).padStart(width, '0')}.rar`;
    return { path, stem: newStem, place: Number(newNumber) - 1, nameOf };
  }
  const [, cutStem, cutNumber] = /^(.+)\.(\d{3})$/.exec(name) ?? [];
  const [, inner] = single.exec(cutStem ?? '') ?? [];
  if (cutStem !== undefined && inner !== undefined && Number(cutNumber) > 0) {
    const nameOf = (place: number) => `${cutStem}.${String(place + 1).padStart(3, '0')}`;
    return { path, stem: inner, place: Number(cutNumber) - 1, nameOf };
  }
  const [, oldStem, letter = '', oldNumber] = /^(.+)\.([rz])(\d{2,3})$/i.exec(name) ?? [];
  if (oldStem !== undefined) {
    const isRar = letter.toLowerCase() === 'r';
    return {
      path,
      stem: oldStem,
      place: Number(oldNumber) + (isRar ? 1 : 0),
      nameOf: isRar ? rarName(oldStem) : zipName(oldStem),
    };
  }
  const [, stem] = single.exec(name) ?? [];
  if (stem === undefined) return undefined;
  const ending = name.slice(stem.length + 1).toLowerCase();
  const nameOf =
    ending === 'rar' ? rarName(stem) : ending === 'zip' ? zipName(stem) : (place: number) => `${name}#${place}`;
  return { path, stem, place: 0, nameOf };
}

const rarName = (stem: string) => (place: number) =>
  place === 0 ? `${stem}.rar` : `${stem}.r${String(place - 1).padStart(2, '0')}`;
const zipName = (stem: string) => (place: number) =>
  place === 0 ? `${stem}.zip` : `${stem}.z${String(place).padStart(2, '0')}`;
