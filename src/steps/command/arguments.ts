import type { StepContext } from '../step.ts';

/** What may stand in braces in an argument; anything else in braces is left as it is. */
function valuesOf({
  uid,
  name,
  category,
  directory,
  link,
  resultLink,
  files,
}: StepContext): ReadonlyMap<string, string> {
  const main = files.find((file) => file.main) ?? files[0];
  return new Map([
    ['path', main?.path ?? ''],
    ['name', name],
    ['directory', directory],
    ['category', category ?? ''],
    ['uid', uid],
    ['link', link],
    ['result_link', resultLink ?? ''],
  ]);
}

/**
 * The arguments of a command, each still one argument whatever is filled in; `{files}` alone becomes one argument for
 * each file. Pure.
 */
export function fillArguments(args: readonly string[], context: StepContext): readonly string[] {
  const values = valuesOf(context);
  return args.flatMap((arg) => {
    if (arg === '{files}') return context.files.map(({ path }) => path);
    return [withoutNul(arg.replace(/\{([a-z_]+)\}/g, (whole, key: string) => values.get(key) ?? whole))];
  });
}

/** All that a command sees of the environment: what the configuration gives it, PATH, and what is known. Pure. */
export function environmentFor(
  own: Readonly<Record<string, string>>,
  context: StepContext,
  path: string,
): Readonly<Record<string, string>> {
  const known = [...valuesOf(context)].map(([key, value]) => [`LONGHAUL_${key.toUpperCase()}`, withoutNul(value)]);
  return { PATH: path, ...(Object.fromEntries(known) as Record<string, string>), ...own };
}

/** No program can be given one. */
const withoutNul = (text: string) => text.replaceAll('\0', '');
