import type { Download, DownloadFile } from '../../src/downloads/download.ts';
import { bytesIn } from '../../src/downloads/ranges.ts';
import { isUnfinished } from '../../src/downloads/states.ts';
import type { Subject, World } from './power-loss-world.ts';

/** Names under which nothing is delivered. */
const workFile = /(?:\.part|\.part\.json|\/\.longhaul-[^/]*\.tmp)$/;

/**
 * What must hold of a machine as it is found after a crash; one sentence for each thing that does not.
 * `note` counts the kinds of states.
 */
export async function findings(world: World, note: (kind: string) => void): Promise<string[]> {
  const found = [...foreignFiles(world), ...finalNames(world)];
  for (const subject of world.subjects) {
    const row = await world.store.get(subject.id);
    const files = await world.store.files(subject.id);
    if (!row) {
      found.push(`download ${subject.id} is forgotten`);
      continue;
    }
    note(row.status);
    if (world.isLast && row.status !== 'completed')
      found.push(`download ${row.id} ends as ${row.status}: ${row.errorMessage}`);
    if (row.status === 'completed')
      found.push(...delivered(world, subject, row, files), ...leftBehind(world, row, files));
    else if (isUnfinished(row.status)) found.push(...durableRanges(world, subject, row, files, note));
  }
  if ([...world.medium.files().keys()].some((path) => workFile.test(path) && !world.foreign.has(path)))
    note('work files');
  return found;
}

function foreignFiles({ medium, foreign }: World): string[] {
  return [...foreign].flatMap(([path, bytes]) => {
    const now = medium.contentOf(path);
    if (now?.equals(bytes)) return [];
    return [`${path} of somebody else is ${now ? 'overwritten' : 'gone'}`];
  });
}

/** A final name is complete and right, whoever knows of it. */
function finalNames({ medium, foreign, subjects }: World): string[] {
  const right = subjects.flatMap(({ versions }) => versions.flatMap(({ files }) => files));
  return [...medium.files()].flatMap(([path, { content }]) => {
    if (workFile.test(path) || foreign.has(path)) return [];
    return right.some((bytes) => bytes.equals(content))
      ? []
      : [`${path} holds ${content.length} bytes that nobody delivered`];
  });
}

/** All its files stand under their names, and are of one version. */
function delivered({ medium }: World, { versions }: Subject, row: Download, files: readonly DownloadFile[]): string[] {
  const contents = files.map(({ finalPath }) => (finalPath === null ? undefined : medium.contentOf(finalPath)));
  const missing = files.filter((_, index) => contents[index] === undefined);
  if (missing.length > 0)
    return missing.map(({ finalPath }) => `${finalPath} of the completed download ${row.id} is gone`);
  const isOne = versions.some((version) => version.files.every((bytes, index) => contents[index]?.equals(bytes)));
  return isOne ? [] : [`the completed download ${row.id} is no version that was ever served`];
}

/** Beside what was delivered there is no other name of it. */
function leftBehind({ medium }: World, row: Download, files: readonly DownloadFile[]): string[] {
  return [...medium.files()].flatMap(([path, node]) =>
    files.some(({ finalPath }) => finalPath !== path && medium.at(finalPath ?? '/') === node)
      ? [`${path} is left of the completed download ${row.id}`]
      : [],
  );
}

/** What the store says is durable, is. */
function durableRanges(
  { medium }: World,
  { versions, liedTo }: Subject,
  row: Download,
  files: readonly DownloadFile[],
  note: (kind: string) => void,
): string[] {
  const version = versions.find(({ name }) => name === row.resumeToken?.version);
  return files.flatMap((file) => {
    const { partialPath, finalPath, durable, position } = file;
    if (bytesIn(durable) === 0 || partialPath === null) return [];
    const partial = medium.contentOf(partialPath);
    const final = finalPath === null ? undefined : medium.contentOf(finalPath);
    if (partial && medium.at(partialPath) === medium.at(finalPath ?? '/')) note('published, unfinished');
    else note(partial ? 'durable ranges' : 'renamed, unfinished');
    const content = partial ?? final;
    if (!content) return [`${partialPath} is gone, and with it ${bytesIn(durable)} durable bytes`];
    if (liedTo) return [];
    const wanted = version?.files[position];
    const isRight = durable.every(([from, to]) => wanted?.subarray(from, to).equals(content.subarray(from, to)));
    return isRight ? [] : [`${partialPath}: the ranges ${JSON.stringify(durable)} are recorded as durable and are not`];
  });
}
