import { basename, dirname } from 'node:path';
import * as z from 'zod';
import { splitExtension } from '../../disk/safe-name.ts';
import type { StepParts } from '../parts.ts';
import type { Step, StepContext, StepFile, StepKind, StepReport, StepResult } from '../step.ts';
import { type MoveParts, moveFile } from './move-file.ts';
import { readTemplate, type Template } from './name-template.ts';
import { type Leg, numberedPath, planLegs } from './plan.ts';
import { releaseValues } from './release-name.ts';

type Parts = Pick<StepParts, 'config' | 'disk'>;

const preset = '{category}/{name}';
const mostNumbers = 9999;

/** The whole plan; stored before the first file is touched, and again where a name was taken meanwhile. */
const planMark = z.object({
  legs: z.array(z.object({ from: z.string(), to: z.string(), wanted: z.string(), size: z.number() })),
});

/** `move={title} ({year})`: to another place below `move.directory`, also on another disk. */
export function moveKind(parts: Parts): StepKind {
  return {
    kind: 'move',
    example: `move=${preset}`,
    make: (options) => moveStep(parts, readTemplate(options === '' ? preset : options)),
  };
}

function moveStep(parts: Parts, template: Template): Step {
  return {
    kind: 'move',
    async run(context, mark, report, signal) {
      const stored = planMark.safeParse(mark);
      const legs = stored.success ? [...stored.data.legs] : await freePlan(parts, context, template);
      if (!stored.success) await report.mark({ legs });
      const total = legs.reduce((sum, { size }) => sum + size, 0);
      let [settled, inLeg] = [0, 0];
      const tell = () => report.progress({ current: Math.min(total, settled + inLeg), total, unit: 'bytes' });
      const onBytes = (bytes: number) => {
        inLeg += bytes;
        tell();
      };
      const moving = { disk: parts.disk, headroom: parts.config.space.headroom, onBytes, signal };
      for (const [place, leg] of legs.entries()) {
        signal.throwIfAborted();
        await moveLeg(parts, context, { legs, place, begun: stored.success, moving, report });
        [settled, inLeg] = [settled + leg.size, 0];
        tell();
      }
      return resultOf(context, legs);
    },
  };
}

interface AtLeg {
  /** Changed in place where a name was taken. */
  readonly legs: Leg[];
  readonly place: number;
  readonly begun: boolean;
  readonly moving: MoveParts;
  readonly report: StepReport;
}

async function moveLeg(parts: Parts, context: StepContext, at: AtLeg): Promise<void> {
  const mode = Number.parseInt(parts.config.downloads.file_mode, 8);
  let { begun } = at;
  for (;;) {
    const leg = at.legs[at.place];
    if (!leg || (await moveFile({ ...leg, mode, uid: context.uid, begun }, at.moving)) === 'moved') return;
    at.legs[at.place] = { ...leg, to: await freePath(parts, leg, at.legs) };
    await at.report.mark({ legs: at.legs });
    begun = false;
  }
}

async function freePlan(parts: Parts, context: StepContext, template: Template): Promise<Leg[]> {
  const { stem } = splitExtension(context.name);
  const values = {
    ...releaseValues(stem, basename(context.directory)),
    name: stem,
    ...(context.category === undefined ? {} : { category: context.category }),
  };
  const wanted = planLegs(context.files, parts.config.move.directory ?? context.directory, template, values);
  const legs: Leg[] = [];
  for (const leg of wanted) legs.push({ ...leg, to: await freePath(parts, leg, legs) });
  return legs;
}

/** The first name on which nothing stands and to which nothing else goes. */
async function freePath({ disk }: Parts, { from, wanted }: Leg, others: readonly Leg[]): Promise<string> {
  for (let n = 1; n <= mostNumbers; n += 1) {
    const path = numberedPath(wanted, n);
    if (path === from) return path;
    const given = others.some((other) => other.to.toLowerCase() === path.toLowerCase());
    if (!given && !(await disk.facts(path))) return path;
  }
  throw Object.assign(new Error(`${mostNumbers} files named ${basename(wanted)}`), { code: 'EEXIST' });
}

function resultOf(context: StepContext, legs: readonly Leg[]): StepResult {
  const files: StepFile[] = context.files.map((file, place) => ({ ...file, path: legs[place]?.to ?? file.path }));
  const main = files.find((file) => file.main) ?? files[0];
  return { files, moved: true, ...(main ? { note: `moved to ${dirname(main.path)}` } : {}) };
}
