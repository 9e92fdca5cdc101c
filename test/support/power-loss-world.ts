import { createHash } from 'node:crypto';
import { Failure } from '../../src/downloads/failure.ts';
import type { Store } from '../../src/store/store.ts';
import { type Dice, diceOf } from './dice.ts';
import { createMedium, type Medium } from './medium.ts';
import { type Act, type ScriptedSource, scriptedSource, type Writing } from './scripted-source.ts';

/** One version of what a link delivers: the bytes of each of its files. */
export interface Version {
  readonly name: string;
  readonly files: readonly Buffer[];
}

/** One download of the story, and what its server says. */
export interface Subject {
  readonly id: number;
  /** Of its source. */
  readonly name: string;
  readonly source: ScriptedSource;
  readonly versions: Version[];
  /** A checksum was asked for: its server keeps to one version. */
  readonly checked: boolean;
  /** Its server lied once: what is durable may be wrong, and only the checksum tells. */
  readonly liedTo: boolean;
}

export interface World {
  readonly dice: Dice;
  readonly medium: Medium;
  readonly store: Store;
  readonly subjects: readonly Subject[];
  /** Files of somebody else, by path. */
  readonly foreign: Map<string, Buffer>;
  readonly links: boolean;
  now: number;
  boots: number;
  writing: Writing;
  /** No crash comes any more: whatever was stopped goes on, and everything must be delivered. */
  isLast: boolean;
}

const folder = '/d';

/** A disk with a few files of somebody else, a few servers, and downloads from them that are accepted. */
export async function createWorld(seed: number, store: Store): Promise<World> {
  const dice = diceOf(seed);
  const subjects: Subject[] = [];
  const world: World = {
    dice,
    medium: createMedium(),
    store,
    subjects,
    foreign: new Map(),
    links: dice.chance(0.85),
    now: Date.UTC(2026, 0, 1),
    boots: 0,
    writing: {},
    isLast: false,
  };
  world.medium.put(`${folder}/readme.txt`, Buffer.from('here before'));
  world.foreign.set(`${folder}/readme.txt`, Buffer.from('here before'));
  if (dice.chance(0.3)) putForeign(world);
  for (let count = dice.between(1, 3); count > 0; count -= 1)
    subjects.push(await addSubject(world, `${seed}/${count}`));
  return world;
}

async function addSubject(world: World, name: string): Promise<Subject> {
  const { dice, store } = world;
  const liedTo = dice.chance(0.2);
  const checked = liedTo || dice.chance(0.2);
  const first = newVersion(dice, 'v1', dice.pick([1, 1, 1, 3]));
  const source = scriptedSource(Buffer.alloc(0), 'validator', () => world.writing);
  source.name_ = dice.pick(['file.bin', 'file.bin', 'other.iso']);
  source.mainAt = dice.between(0, first.files.length - 1);
  serve(source, first);
  source.acts.push(...actsFor(dice, first), ...(liedTo ? [{ wrong: true } as const] : []), ...actsFor(dice, first));
  const { download } = await store.add(
    {
      source: name,
      link: `scripted:${name}`,
      linkKey: `scripted:${name}`,
      directory: dice.pick([folder, folder, `${folder}/new/deep`]),
      options: checked ? { checksum: `sha-256=${sha256(source.content)}` } : {},
      metadata: {},
      runner: null,
      ifExists: 'new',
    },
    world.now,
  );
  return { id: download.id, name, source, versions: [first], checked, liedTo };
}

function newVersion(dice: Dice, name: string, count: number): Version {
  const size = () => dice.pick([1, 512, 4096, dice.between(2, 9000), dice.between(9000, 30_000)]);
  return { name, files: Array.from({ length: count }, () => dice.bytes(size())) };
}

function serve(source: ScriptedSource, version: Version): void {
  source.version = version.name;
  source.content = version.files[source.mainAt] ?? Buffer.alloc(0);
  source.more = version.files
    .toSpliced(source.mainAt, 1)
    .map((bytes, index) => ({ path: `more-${index}.bin`, content: bytes }));
}

/** Connections that break off after some of the bytes. */
function actsFor(dice: Dice, version: Version): Act[] {
  const size = version.files.reduce((sum, file) => sum + file.length, 0);
  return Array.from({ length: dice.between(0, 2) }, () => ({
    bytes: dice.between(0, size),
    ending: new Failure('network', 'the connection was reset'),
  }));
}

/** While the machine is off, the world goes on: another version on the server, a file that somebody puts in the way. */
export function changeWorld(world: World): void {
  const { dice } = world;
  for (const subject of world.subjects) {
    if (subject.checked || !dice.chance(0.2)) continue;
    const [known] = subject.versions;
    const version = newVersion(dice, `v${subject.versions.length + 1}`, known?.files.length ?? 1);
    subject.versions.push(version);
    serve(subject.source, version);
  }
  if (dice.chance(0.15)) putForeign(world);
}

/** Somebody else's file under a name that ours may want; never over a file that is there. */
export function putForeign(world: World): void {
  const { dice, medium, foreign } = world;
  const path = `${folder}/${dice.pick(['file.bin', 'file (2).bin', 'other.iso', 'file.bin.part', 'more-0.bin'])}`;
  if (medium.at(path)) return;
  const bytes = dice.bytes(dice.between(1, 3000));
  medium.put(path, bytes);
  foreign.set(path, bytes);
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
