import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Cost, costOf } from '../measure.ts';
import { type Contender, type Row, type Stage, wallWithin } from '../row.ts';

const minutes = 60;

export const convert: Row = {
  name: 'convert',
  what: `${minutes} minutes of sound to AAC at 128 kbps, against the bare ffmpeg command; and one second, which shows what starting, looking at both files and remembering cost.`,
  rounds: 3,
  async prepare(stage) {
    const long = noise(stage, 'talk', minutes * 60);
    const short = noise(stage, 'word', 1);
    return {
      contenders: [
        { name: 'longhaul', run: () => converted(stage, long) },
        bare(stage, 'ffmpeg', long),
        { name: 'longhaul, 1 s', run: () => converted(stage, short) },
        bare(stage, 'ffmpeg, 1 s', short),
      ],
      goals: [wallWithin('ffmpeg', 1.03)],
      stop: async () => {},
    };
  },
};

interface Sound {
  readonly stem: string;
  readonly path: string;
}

function noise(stage: Stage, stem: string, seconds: number): Sound {
  const path = join(stage.folder, `${stem}.flac`);
  const made = `anoisesrc=d=${seconds}:c=pink:r=44100:a=0.3`;
  execFileSync('ffmpeg', ['-v', 'error', '-nostdin', '-f', 'lavfi', '-i', made, path], { stdio: 'inherit' });
  return { stem, path };
}

function bare(stage: Stage, name: string, { path }: Sound): Contender {
  const to = join(stage.folder, 'bare.m4a');
  const args = ['-v', 'error', '-nostdin', '-y', '-i', path, '-vn', '-c:a', 'aac', '-b:a', '128k', to];
  return { name, run: () => costOf(stage.tools, { argv: ['ffmpeg', ...args] }) };
}

async function converted(stage: Stage, { stem, path }: Sound): Promise<Cost> {
  const folder = join(stage.folder, 'out');
  mkdirSync(folder);
  const argv = [...stage.longhaul, 'convert', path, '--bitrate', '128', '-d', folder];
  const cost = await costOf(stage.tools, { argv, cwd: folder, env: { LONGHAUL_HOME: join(stage.folder, 'home') } });
  if (statSync(join(folder, `${stem}_128kbps.m4a`)).size < 1000) throw new Error('nothing was converted');
  rmSync(folder, { recursive: true });
  return cost;
}
