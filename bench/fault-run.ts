import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FaultScript } from '../test/support/faults/script.ts';
import { type Certificates, openStage } from '../test/support/faults/stage.ts';
import { type VersionName, versionIn } from '../test/support/faults/versions.ts';
import type { Errand, Peer } from './peers.ts';

/** What came of a program under a fault; the words of the report. */
export type Outcome =
  | 'right'
  | 'failed (says so)'
  | 'failed for good (says so)'
  | '**silently wrong**'
  | 'hangs'
  | 'no such option';

export interface Finding {
  readonly outcome: Outcome;
  /** For a person who wants to know more. */
  readonly detail: string;
}

/** A run that lasts longer hangs, ms. */
const deadline = 60_000;

/**
 * Two runs while the fault lasts, the second one only when the first says that it failed, and one with a good server
 * when that says so, too. The file counts as soon as a run ends with 0.
 */
export async function runUnderFault(peer: Peer, script: FaultScript, certificates: Certificates): Promise<Finding> {
  await using stage = await openStage(script, certificates);
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-faults-'));
  const { checksum } = script;
  const caFile = script.secure ? certificates.caFile : undefined;
  const errand = { link: stage.link, folder, caFile, checksum };
  try {
    const first = peer.first(errand);
    if (!first) return { outcome: 'no such option', detail: '' };
    let code = await runAll(first, errand, peer);
    if (code === 0) return await judged(folder, script.has, 'right');
    const isHung = code === 'hangs';
    if (!isHung) code = await runAll(peer.again(errand), errand, peer);
    if (code === 0) return await judged(folder, script.has, 'right');
    await stage.heal();
    const last = await runAll(peer.again(errand), errand, peer);
    const late = isHung || code === 'hangs' ? 'hangs' : 'failed (says so)';
    if (last === 0) return await judged(folder, [...script.has, script.later], late);
    return { outcome: late === 'hangs' ? late : 'failed for good (says so)', detail: `exit code ${last}` };
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function runAll(
  lines: readonly (readonly string[])[],
  { folder }: Errand,
  { env }: Peer,
): Promise<number | 'hangs'> {
  let code: number | 'hangs' = 0;
  for (const line of lines) {
    code = await runOne(line, folder, env);
    if (code === 'hangs') break;
  }
  return code;
}

function runOne(line: readonly string[], folder: string, env: Peer['env']): Promise<number | 'hangs'> {
  const [command = '', ...args] = line;
  const child = spawn(command, args, {
    cwd: folder,
    stdio: 'ignore',
    env: { PATH: process.env.PATH, LANG: 'C.UTF-8', HOME: folder, ...env },
  });
  let isHung = false;
  const timer = setTimeout(() => {
    isHung = true;
    child.kill('SIGKILL');
  }, deadline);
  return new Promise((done, fail) => {
    child.on('error', fail);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      done(isHung ? 'hangs' : (code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
    });
  });
}

/** The program says that all is well: is it? */
async function judged(folder: string, has: readonly VersionName[], well: Outcome): Promise<Finding> {
  const names = await readdir(folder);
  if (!names.includes('file.bin'))
    return { outcome: '**silently wrong**', detail: `there is only ${names.join(', ')}` };
  const version = versionIn(await readFile(join(folder, 'file.bin')));
  if (typeof version !== 'string') return { outcome: '**silently wrong**', detail: version.mixed };
  if (has.includes(version)) return { outcome: well, detail: version };
  return { outcome: '**silently wrong**', detail: `version ${version}` };
}
