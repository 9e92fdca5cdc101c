import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { WireDownload } from '../../../src/contract/schemas.ts';
import { type Ended, longhaul, ownPlace, type Place } from '../program.ts';
import type { Ending, FaultScript } from './script.ts';
import { type Certificates, digestOfA, openStage } from './stage.ts';
import { versionIn } from './versions.ts';

/** What one run of the program under a fault came to, and how it went on with a good server. */
export interface Trial {
  readonly ending: Ending | 'hangs' | 'wrong';
  /** What should not be, one sentence each; empty: all is well. */
  readonly problems: readonly string[];
  /** What the program said, for a person who looks for the reason. */
  readonly said: string;
  /** The most connections that it had open at the same time under the fault. */
  readonly connections: number;
}

/** Longest run, ms: anything longer hangs. Long enough for a machine that is busy with other trials. */
const deadline = 60_000;

/** Settings under which a fault is noticed within seconds. */
export const impatient = {
  LONGHAUL_HTTP_CONNECTIONS_AFTER: '0s',
  LONGHAUL_HTTP_CONNECT_TIMEOUT: '2s',
  LONGHAUL_HTTP_HEADERS_TIMEOUT: '1500ms',
  LONGHAUL_HTTP_IDLE_TIMEOUT: '1500ms',
  LONGHAUL_HTTP_LOW_SPEED: '20KiB',
  LONGHAUL_HTTP_LOW_SPEED_TIME: '1s',
  LONGHAUL_RETRY_MAX_TRIES: '2',
  LONGHAUL_RETRY_FIRST_WAIT: '20ms',
  LONGHAUL_RETRY_LONGEST_WAIT: '200ms',
};

/** Runs `get` under the fault, then `retry` and `resume-downloads` where it was not delivered, with a good server. */
export async function tryLonghaul(
  script: FaultScript,
  connections: number,
  certificates: Certificates,
): Promise<Trial> {
  await using stage = await openStage(script, certificates);
  await using place = await ownPlace();
  const env = script.secure ? { LONGHAUL_HTTP_CA_FILE: certificates.caFile } : {};
  const many = ['--connections', String(connections), '--wait', '5s', '--json'];
  const checksum = script.checksum ? ['--checksum', `sha-256=${digestOfA}`] : [];
  const faulty = { ...place, env: { ...env, ...impatient } };
  const first = await ended(['get', stage.link, ...many, ...checksum], faulty);
  if (!first) return { ending: 'hangs', problems: ['it hangs'], said: '', connections: 0 };
  const row = rowIn(first.stdout);
  const said = `${first.stdout}\n${first.stderr}`;
  const ending = row?.status === 'completed' ? 'right' : (row?.error?.class ?? 'wrong');
  const most = Math.max(0, ...stage.server.requests.map(({ open }) => open));
  const problems = [
    ...(await judged(first, row, script, place)),
    ...unexpected(ending, script),
    ...boasting(row, script),
  ];
  if (row && row.status !== 'completed') {
    await stage.heal();
    problems.push(...(await goOn(row, { ...place, env }, script)));
  }
  const isWrong = problems.some((one) => one.startsWith('WRONG'));
  return { ending: isWrong ? 'wrong' : ending, problems, said, connections: most };
}

async function ended(args: readonly string[], place: Place): Promise<Ended | undefined> {
  const program = longhaul(args, place);
  const timer = setTimeout(() => program.kill('SIGKILL'), deadline);
  const end = await program.ended;
  clearTimeout(timer);
  return end.signal === 'SIGKILL' ? undefined : end;
}

function rowIn(stdout: string): WireDownload | undefined {
  const line = stdout.split('\n').findLast((one) => one.startsWith('{'));
  return line === undefined ? undefined : (JSON.parse(line) as WireDownload);
}

function unexpected(ending: Ending | 'wrong', { ends }: FaultScript): string[] {
  return ends.some((one) => one === ending) ? [] : [`it ended with ${ending}, expected was ${ends.join(' or ')}`];
}

/** Nobody may say that one strong validator held where there was none. */
function boasting(row: WireDownload | undefined, { validators }: FaultScript): string[] {
  const isStrong = ['etag', 'same etag', 'date'].includes(validators);
  return row?.integrity === 'validator' && !isStrong ? [`integrity validator although there is ${validators}`] : [];
}

/** State, exit code and what stands in the folder must tell the same. */
async function judged(
  { code }: Ended,
  row: WireDownload | undefined,
  script: Pick<FaultScript, 'has' | 'checksum'>,
  place: Place,
): Promise<string[]> {
  const all = await readdir(place.cwd);
  // What a wrong checksum leaves is named for what it is; nobody takes it for the file.
  const names = script.checksum ? all.filter((name) => !name.endsWith('.mismatch')) : all;
  const delivered = names.filter((name) => name !== 'home' && !/\.part(\.json)?$/.test(name));
  if (!row) return [`no row was printed, exit code ${code}`];
  if (row.status !== 'completed') {
    const due = row.status === 'failed' ? 3 : 4;
    return [
      ...(code === due ? [] : [`exit code ${code} of a download that is ${row.status}`]),
      ...(row.error ? [] : [`${row.status} without an error`]),
      ...delivered.map((name) => `WRONG: ${name} stands there although the download is ${row.status}`),
    ];
  }
  if (code !== 0) return [`exit code ${code} of a completed download`];
  if (delivered.join() !== 'file.bin' || names.length !== 2) return [`WRONG: the folder holds ${names.join(', ')}`];
  const version = versionIn(await readFile(join(place.cwd, 'file.bin')));
  if (typeof version !== 'string') return [`WRONG: ${version.mixed}`];
  return script.has.includes(version) ? [] : [`WRONG: it is ${version}, the server has ${script.has.join(' and ')}`];
}

/** With a good server it is delivered, whatever state it is in. */
async function goOn(row: WireDownload, place: Place, script: FaultScript): Promise<string[]> {
  const retried = await ended(['retry', String(row.id)], place);
  if (retried?.code !== 0)
    return [`retry of one that is ${row.status} ended with ${retried?.code}: ${retried?.stderr}`];
  const resumed = await ended(['resume-downloads', '--wait', '5s', '--json'], place);
  if (!resumed) return ['it hangs with a good server'];
  const later = rowIn(resumed.stdout);
  const problems = await judged(resumed, later, { ...script, has: [script.later] }, place);
  if (later?.status === 'completed') return problems;
  return [...problems, `with a good server it is ${later?.status}: ${later?.error?.message} ${resumed.stderr}`];
}
