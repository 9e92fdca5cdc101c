import { spawn } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { progressLine } from './mega-cmd-lines.ts';
import type { MegaGetCall, MegaGetScript } from './stand-in-mega.ts';

/**
 * Stands in for mega-get: `node stand-in-mega-get.ts STATE LINK FOLDER`. What it does stands in `STATE/script.json`; each
 * call is written to `STATE/calls.jsonl`. Prints what MEGAcmd prints, where MEGAcmd prints it.
 */
const [state = '', link = '', folder = ''] = process.argv.slice(2);
const script = JSON.parse(readFileSync(join(state, 'script.json'), 'utf8')) as MegaGetScript;
const calls = join(state, 'calls.jsonl');

async function main(): Promise<void> {
  const child = script.hangs ? spawn('sleep', ['600'], { stdio: 'ignore' }) : undefined;
  const earlier = existsSync(calls) ? readFileSync(calls, 'utf8').split('\n').length - 1 : 0;
  const call: MegaGetCall = { link, folder, pids: [process.pid, ...(child?.pid === undefined ? [] : [child.pid])] };
  appendFileSync(calls, `${JSON.stringify(call)}\n`);
  if (earlier < (script.refusals ?? 0)) {
    process.stdout.write(`${script.refusal ?? ''}\n`);
    return;
  }
  const transfer = join(state, `transfer-${process.pid}`);
  writeFileSync(transfer, join(folder, 'its name'));
  const files = Object.entries(script.files ?? {});
  const total = files.reduce((sum, [, text]) => sum + Buffer.byteLength(text), 0);
  let done = 0;
  for (const [path, text] of files) {
    const bytes = Buffer.from(text);
    const begun = join(folder, dirname(path), '.getxfer.1.mega');
    mkdirSync(dirname(begun), { recursive: true });
    for (let part = 0; part < 4; part += 1) {
      const portion = bytes.subarray((bytes.length * part) / 4, (bytes.length * (part + 1)) / 4);
      appendFileSync(begun, portion);
      done += portion.length;
      process.stderr.write(`${progressLine(done, total, (done / total) * 100)}\r`);
      if (script.hangs) await forever();
    }
    renameSync(begun, join(folder, path));
    utimesSync(join(folder, path), 0, 0);
    process.stdout.write(`Download finished: ${join(folder, path)}\n`);
  }
  rmSync(transfer);
  if (total > 0) process.stderr.write(`${progressLine(total, total, 100)}\n`);
  if (script.leaves) writeFileSync(join(folder, '.getxfer.2.mega'), 'rest');
  if (script.says) process.stderr.write(`${script.says}\n`);
  process.exitCode = script.code ?? 0;
}

function forever(): Promise<void> {
  return after(2 ** 31 - 1);
}

await main();
