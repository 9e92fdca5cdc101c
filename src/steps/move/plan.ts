import { basename, dirname, join, relative, sep } from 'node:path';
import { numberedName, splitExtension } from '../../disk/safe-name.ts';
import type { StepFile } from '../step.ts';
import { fillTemplate, type Template, type TemplateValues } from './name-template.ts';

export interface Leg {
  readonly from: string;
  readonly to: string;
  /** `to`, were it free. */
  readonly wanted: string;
  /** Bytes. */
  readonly size: number;
}

/**
 * Where each file goes below `root`, before anybody looked at what is there. One file gets the name that the template
 * makes, with its own ending; of several, and when the template ends with a slash, it names the folder in which they
 * keep their names and folders. Pure.
 */
export function planLegs(
  files: readonly Pick<StepFile, 'path' | 'size'>[],
  root: string,
  template: Template,
  values: TemplateValues,
): readonly Leg[] {
  const components = fillTemplate(template, values);
  const [only] = files;
  if (files.length === 1 && only && !template.isFolder) {
    const { extension } = splitExtension(basename(only.path));
    return [leg(only, join(root, ...components.slice(0, -1), withEnding(components.at(-1) ?? '', extension)))];
  }
  const base = commonFolder(files.map(({ path }) => path));
  return files.map((file) => leg(file, join(root, ...components, relative(base, file.path))));
}

/** The `n`th name for a place that is taken: `film (2).mkv`. Pure. */
export function numberedPath(path: string, n: number): string {
  return join(dirname(path), numberedName(basename(path), n));
}

function leg({ path, size }: Pick<StepFile, 'path' | 'size'>, to: string): Leg {
  return { from: path, to, wanted: to, size };
}

function withEnding(name: string, extension: string): string {
  return name.toLowerCase().endsWith(extension.toLowerCase()) ? name : `${name}${extension}`;
}

/** The innermost folder that holds them all. */
function commonFolder(paths: readonly string[]): string {
  let [folder = sep, ...rest] = paths.map((path) => dirname(path));
  for (const other of rest) {
    while (other !== folder && !other.startsWith(folder.endsWith(sep) ? folder : folder + sep)) {
      folder = dirname(folder);
    }
  }
  return folder;
}
