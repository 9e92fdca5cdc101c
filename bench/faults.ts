import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import type { FaultScript } from '../test/support/faults/script.ts';
import { chapters } from '../test/support/faults/scripts.ts';
import { Certificates } from '../test/support/faults/stage.ts';
import { type Finding, type Outcome, runUnderFault } from './fault-run.ts';
import { type Errand, peers } from './peers.ts';

/**
 * `node bench/faults.ts [NAME…]`: Longhaul, aria2, curl, wget and wget2 on every fault script, or on those named. With
 * no names `docs/faults.md` is written anew. Takes about a quarter of an hour.
 */
const root = join(import.meta.dirname, '..');
const atOnce = 6;

type Findings = ReadonlyMap<FaultScript, readonly Finding[]>;

async function main(names: readonly string[]): Promise<void> {
  const missing = ['aria2c', 'curl', 'wget', 'wget2', 'openssl'].filter((program) => version(program) === undefined);
  if (missing.length > 0)
    throw new Error(`not installed: ${missing.join(', ')} (apt-get install aria2 curl wget wget2)`);
  const findings = await findAll(names);
  if (names.length === 0) writeFileSync(join(root, 'docs', 'faults.md'), report(findings));
  else console.log(chapters.map(({ scripts }) => rowsOf(scripts, findings)).join(''));
}

async function findAll(names: readonly string[]): Promise<Findings> {
  using certificates = new Certificates();
  const chosen = chapters
    .flatMap(({ scripts }) => scripts)
    .filter(({ name }) => names.length === 0 || names.includes(name));
  const findings = new Map(chosen.map((script): [FaultScript, Finding[]] => [script, []]));
  const jobs = chosen.flatMap((script) => peers.map((peer, index) => ({ script, peer, index })));
  const work = async (): Promise<void> => {
    for (let job = jobs.shift(); job; job = jobs.shift()) {
      const finding = await runUnderFault(job.peer, job.script, certificates);
      const of = findings.get(job.script);
      if (of) of[job.index] = finding;
      console.error(`${job.script.name}, ${job.peer.name}: ${finding.outcome} (${finding.detail})`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return findings;
}

function rowsOf(scripts: readonly FaultScript[], findings: Findings): string {
  const cells = (script: FaultScript): string[] => (findings.get(script) ?? []).map(({ outcome }) => outcome);
  return scripts
    .filter((script) => findings.has(script))
    .map((script) => `| \`${script.name}\`: ${script.what} | ${cells(script).join(' | ')} |\n`)
    .join('');
}

const counted: readonly Outcome[] = [
  'right',
  'failed (says so)',
  'failed for good (says so)',
  '**silently wrong**',
  'hangs',
  'no such option',
];

function summary(findings: Findings): string {
  const row = (outcome: Outcome): string => {
    const counts = peers.map(
      (_, index) => [...findings.values()].filter((each) => each[index]?.outcome === outcome).length,
    );
    return `| ${outcome} | ${counts.join(' | ')} |\n`;
  };
  return `${tableHead(`of ${findings.size} faults`)}${counted.map(row).join('')}`;
}

function tableHead(first: string): string {
  return `| ${first} | ${peers.map(({ name }) => name).join(' | ')} |\n|---|${'---|'.repeat(peers.length)}\n`;
}

function version(program: string): string | undefined {
  const { stdout, error } = spawnSync(program, ['--version'], { encoding: 'utf8' });
  return error
    ? undefined
    : stdout
        .split('\n')[0]
        ?.replace(/ built on.*| \(.*/, '')
        .trim();
}

/** As a person would type it, with the paths of this machine left out. */
function commandLines(): string {
  const errand: Errand = { link: 'LINK', folder: '.', caFile: undefined, checksum: false };
  const plain = (line: readonly string[]): string =>
    line
      .join(' ')
      .replace(/^\S+ \S+main\.js --home \S+/, 'longhaul')
      .replace('-fsSL', '-fL');
  const lines = peers.map((peer) => [
    `# ${peer.name}`,
    ...(peer.first(errand) ?? []).map(plain),
    ...(peer.env ? [`# … and again: ${peer.again(errand).map(plain).join('; ')}`] : []),
  ]);
  const settings = Object.entries(peers[0]?.env ?? {}).map(([name, value]) => `${name}=${value}`);
  return [...lines.flat(), '', '# Longhaul was given the same patience by:', ...settings].join('\n');
}

function report(findings: Findings): string {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const versions = ['aria2c', 'curl', 'wget', 'wget2'].map(version).join(', ');
  const tables = chapters.map(
    ({ title, scripts }) => `## ${title}\n\n${tableHead('fault')}${rowsOf(scripts, findings)}`,
  );
  return `# What happens when a server is bad

Each row of these tables is a server that does something wrong; each column is a program that is asked to download one
file of 8.65 MB from it. The number behind a name is how many connections it may use.

${summary(findings)}
| word | means |
|---|---|
| right | it says that it is done, and the file is what the server has, byte by byte |
| failed (says so) | it ends with an error while the fault lasts. Run again with a good server it delivers the right file |
| failed for good (says so) | it ends with an error even with a good server; somebody has to clean up first |
| **silently wrong** | it says that it is done (exit code 0), and the file is damaged, mixed of two files, cut short, or something else |
| hangs | it was still running after a minute, without getting on |
| no such option | it cannot be told a checksum |

A failure that says so is often the only right answer: from a server with a wrong certificate nothing can be had. What
must never be is *silently wrong*.

## How it was done

By \`node bench/faults.ts\` on ${new Date().toISOString().slice(0, 10)}: Longhaul ${manifest.version}, ${versions}; Node
${process.versions.node}, Linux ${release()}. To do it again: \`npm run build\`, install the others
(\`apt-get install aria2 curl wget wget2\`), then the same command; it takes about a quarter of an hour and writes this page.

Every program has an empty folder and a server of its own on the same machine. It is run; when it says that it failed it
is run once more while the fault lasts, and when it fails again, a third time with a good server. The file is compared
when a run ends with exit code 0. Each program was told to be about equally impatient, so that this ends on the same day,
and none was held to what it has no option for. These are the command lines, certificates and checksums left out:

\`\`\`sh
${commandLines()}
\`\`\`

## What nobody can see

These are in no row, because no program can know better without a checksum (\`--checksum\` with Longhaul and aria2):

- another file of the same length under the same strong ETag;
- a body without a length whose connection ends early in good order (Longhaul marks such a file \`unverified\`);
- a server that has the wrong file from the beginning.

${tables.join('\n')}`;
}

await main(process.argv.slice(2));
