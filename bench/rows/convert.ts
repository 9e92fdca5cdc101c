import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Cost, costOf } from '../measure.ts';
import { type Row, type Stage, wallWithin } from '../row.ts';

const minutes = 20;

export const convert: Row = {
  name: 'convert',
  what: `${minutes} minutes of sound to AAC at 128 kbps, against the bare ffmpeg command.`,
  rounds: 3,
  async prepare(stage) {
    const source = join(stage.folder, 'talk.flac');
    const noise = `anoisesrc=d=${minutes * 60}:c=pink:r=44100:a=0.3`;
    execFileSync('ffmpeg', ['-v', 'error', '-nostdin', '-f', 'lavfi', '-i', noise, source], { stdio: 'inherit' });
    const bare = join(stage.folder, 'bare.m4a');
    const args = ['-v', 'error', '-nostdin', '-y', '-i', source, '-vn', '-c:a', 'aac', '-b:a', '128k', bare];
    return {
      contenders: [
        { name: 'longhaul', run: () => converted(stage, source) },
        { name: 'ffmpeg', run: () => costOf(stage.tools, { argv: ['ffmpeg', ...args] }) },
      ],
      goals: [wallWithin('ffmpeg', 1.03)],
      stop: async () => {},
    };
  },
};

async function converted(stage: Stage, source: string): Promise<Cost> {
  const folder = join(stage.folder, 'out');
  mkdirSync(folder);
  const argv = [...stage.longhaul, 'convert', source, '--bitrate', '128', '-d', folder];
  const cost = await costOf(stage.tools, { argv, cwd: folder, env: { LONGHAUL_HOME: join(stage.folder, 'home') } });
  if (statSync(join(folder, 'talk_128kbps.m4a')).size < 1000) throw new Error('nothing was converted');
  rmSync(folder, { recursive: true });
  return cost;
}
