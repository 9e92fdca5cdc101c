import type { Config } from '../config/config.ts';
import { asFailure } from '../downloads/failure.ts';
import { losesAll } from '../downloads/steps.ts';

/**
 * What cannot be used of the steps that the configuration names, one sentence each with its key: those of categories,
 * read as `--then` is, the chain `upload.to`, files with secrets. Reads those files and asks nobody.
 */
export async function wrongSteps(config: Config): Promise<string[]> {
  const { upload, categories } = config;
  const lists = Object.entries(categories).filter(([, { steps = [] }]) => steps.length > 0);
  const files = Object.entries(upload.hosts).filter(([, { secret_file }]) => secret_file !== undefined);
  if (lists.length === 0 && upload.to === undefined && files.length === 0) return [];
  const [{ lazySteps }, { realDisk }, { systemClock }, { silentLog }, { readSpec }] = await Promise.all([
    import('../instance/open-steps.ts'),
    import('../disk/real-disk.ts'),
    import('../time/clock.ts'),
    import('../log/log.ts'),
    import('../steps/registry.ts'),
  ]);
  const kinds = await lazySteps({ config, clock: systemClock, disk: realDisk, log: silentLog }).load();
  const wrongSecrets = files.map(async ([name, { secret_file = '' }]) => {
    const text = await realDisk.readText(secret_file).catch(() => undefined);
    const key = `upload.hosts[${name}][secret_file]`;
    return text?.trim() ? [] : [`${key}: ${secret_file} ${text === undefined ? 'cannot be read' : 'holds no secret'}`];
  });
  return [
    ...(upload.to === undefined ? [] : wrong('upload.to', () => kinds.make({ kind: 'upload', options: '' }))),
    ...lists.flatMap(([name, { steps = [] }]) =>
      steps.flatMap((step, at) => wrong(`categories[${name}][steps][${at}]`, () => kinds.make(readSpec(step)))),
    ),
    ...(await Promise.all(wrongSecrets)).flat(),
  ];
}

/** What is no error, but is hardly meant. Pure. */
export function stepWarnings({ categories, upload }: Config): string[] {
  const ofCategories = Object.entries(categories).flatMap(([name, { keep, steps = [] }]) => {
    const key = `categories[${name}][keep]`;
    if (keep === undefined || keep === 'both') return [];
    if (steps.length === 0) return [`${key}: ${keep} means nothing without steps`];
    return losesAll(steps, keep) ? [`${key}: none removes everything, and no step sends it anywhere before`] : [];
  });
  const ofHosts = Object.entries(upload.hosts).flatMap(([name, { secret, secret_env }]) =>
    secret_env === undefined || secret !== undefined
      ? []
      : [`upload.hosts[${name}][secret_env]: the variable ${secret_env} is not set here`],
  );
  return [...ofCategories, ...ofHosts];
}

function wrong(key: string, make: () => unknown): string[] {
  try {
    make();
    return [];
  } catch (error) {
    return [`${key}: ${asFailure(error).message}`];
  }
}
