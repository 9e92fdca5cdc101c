import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { askedUntil, pathTells } from './tells.ts';

/** What the stand-in for mega-get does. */
export interface MegaGetScript {
  /** Paths and contents that it brings. */
  readonly files?: Readonly<Record<string, string>>;
  /** Says that it is at a quarter, and then nothing for ever; a process that it started, too. */
  readonly hangs?: boolean;
  readonly code?: number;
  /** A last line on stderr. */
  readonly says?: string;
  /** Leaves an unfinished file behind. */
  readonly leaves?: boolean;
  /** So many first calls bring nothing but this line, with exit code 0. */
  readonly refusals?: number;
  readonly refusal?: string;
}

export interface MegaGetCall {
  readonly link: string;
  readonly folder: string;
  /** Its process, and what that started. */
  readonly pids: readonly number[];
}

/** A transfer of the server that stands behind mega-get. */
export interface MegaTransfer {
  readonly tag: string;
  readonly to: string;
}

export interface StandInMega {
  /** For `mega.program`. */
  readonly program: string;
  script(script: MegaGetScript): void;
  calls(): readonly MegaGetCall[];
  /** What the server fetches, also after mega-get was killed. */
  transfers(): readonly MegaTransfer[];
  /** Resolves when it was called so often. */
  called(times: number): Promise<void>;
  /** Resolves when the server fetches nothing. */
  endsTransfers(): Promise<void>;
}

/** Lists as `mega-transfers` does, and cancels with `-c TAG`. */
const serverOfTransfers = `if [ "$1" = -c ]; then rm -f "transfer-$2"; exit 0; fi
printf 'TYPE     TAG  SOURCEPATH  DESTINYPATH  PROGRESS  STATE\\n'
for each in transfer-*; do
  [ -e "$each" ] && printf ' ⇓   %s  /a 12 b  %s   12.00%%%% of 3 KB  ACTIVE\\n' "\${each#transfer-}" "$(cat "$each")"
done
exit 0
`;

/** A program that stands in for mega-get; what it knows is kept in this folder, which must exist. */
export function standInMega(folder: string): StandInMega {
  const state = join(folder, 'mega-get-state');
  const program = join(folder, 'mega-get');
  mkdirSync(state);
  const code = fileURLToPath(new URL('./stand-in-mega-get.ts', import.meta.url));
  writeFileSync(program, `#!/bin/sh\n"${process.execPath}" "${code}" "${state}" "$@"\n`);
  chmodSync(program, 0o755);
  const lister = join(folder, 'mega-transfers');
  writeFileSync(lister, `#!/bin/sh\ncd "${state}"\n${serverOfTransfers}`);
  chmodSync(lister, 0o755);
  const path = join(state, 'calls.jsonl');
  const calls = (): MegaGetCall[] =>
    existsSync(path)
      ? readFileSync(path, 'utf8')
          .split('\n')
          .filter((line) => line !== '')
          .map((line) => JSON.parse(line))
      : [];
  const transfers = (): MegaTransfer[] =>
    readdirSync(state)
      .filter((name) => name.startsWith('transfer-'))
      .map((name) => ({ tag: name.slice('transfer-'.length), to: readFileSync(join(state, name), 'utf8') }));
  return {
    program,
    script: (script) => writeFileSync(join(state, 'script.json'), JSON.stringify(script)),
    calls,
    transfers,
    async called(times) {
      await pathTells(state, async () => calls().length >= times || undefined);
    },
    async endsTransfers() {
      await pathTells(state, async () => transfers().length === 0 || undefined);
    },
  };
}

/** Resolves when none of these processes lives any more. */
export async function allGone(pids: readonly number[]): Promise<void> {
  await askedUntil(async () => !pids.some(isAlive) || undefined);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // One that has ended and was not asked how is no longer alive.
    return !/^State:\s+Z/m.test(existsSync(`/proc/${pid}/status`) ? readFileSync(`/proc/${pid}/status`, 'utf8') : '');
  } catch {
    return false;
  }
}
