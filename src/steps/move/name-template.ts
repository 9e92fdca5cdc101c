import { safeName } from '../../disk/safe-name.ts';
import { Failure } from '../../downloads/failure.ts';

/** What may stand in braces in a template, with what it means. */
export const placeholders = {
  name: 'the name that was delivered, without its ending',
  category: 'the category of the download',
  title: 'the title that the name tells',
  year: 'the year that the name tells',
  season: 'two digits',
  episode: 'two digits',
  resolution: 'such as 1080p',
} as const;

export type Placeholder = keyof typeof placeholders;

/** What is known of a download; what is not known is left out. */
export type TemplateValues = Readonly<Partial<Record<Placeholder, string>>>;

/** A checked template. */
export interface Template {
  /** Between its slashes. */
  readonly components: readonly string[];
  /** It ends with a slash: it names a folder. */
  readonly isFolder: boolean;
}

const braces = /\{([^{}]*)\}/g;

/** Reads `{category}/{title} ({year})`. Pure. Throws `Failure('link')` that names what is allowed. */
export function readTemplate(text: string): Template {
  const written = text.trim();
  if (/^(?:[/\\~]|[a-z]:)/i.test(written)) {
    throw refused(text, 'begins below move.directory of the configuration; write it without / in front');
  }
  for (const [, name = ''] of written.matchAll(braces)) {
    if (!Object.hasOwn(placeholders, name)) {
      const known = Object.keys(placeholders).map((one) => `{${one}}`);
      throw refused(text, `may hold ${known.join(' ')}; {${name}} is not known`);
    }
  }
  const rest = written.replace(braces, 'x');
  if (/[{}\\\0\r\n]/.test(rest)) throw refused(text, 'has a brace without its other one, or a \\');
  const parts = rest.split('/').filter((part) => part !== '');
  if (parts.length === 0 || parts.some((part) => /^[\s.]*$/.test(part))) {
    throw refused(text, 'needs a name between its slashes, and neither . nor ..');
  }
  return { components: written.split('/').filter((part) => part !== ''), isFolder: written.endsWith('/') };
}

/**
 * The path a template makes of these values: safe components, at least one. What is not known is left out, with
 * brackets that it leaves empty. Pure.
 */
export function fillTemplate({ components }: Template, values: TemplateValues): readonly string[] {
  const filled = components.map((component) => fill(component, values)).filter((part) => part !== '');
  return (filled.length === 0 ? [values.name ?? ''] : filled).map((part) => safeName(flat(part)));
}

function fill(component: string, values: TemplateValues): string {
  let missing = false;
  const text = component.replace(braces, (_, name: Placeholder) => {
    const value = flat(values[name] ?? '').trim();
    missing ||= value === '';
    return value;
  });
  if (!missing) return text.trim();
  return text
    .replace(/\(\s*\)|\[\s*\]/g, '')
    .replace(/\s{2,}/g, ' ')
    .replace(/^[\s-]+|[\s-]+$/g, '');
}

/** A value never makes a folder. */
const flat = (value: string) => value.replace(/[/\\]/g, '_');

function refused(text: string, why: string): Failure {
  return new Failure('link', `the template "${text}" ${why}`);
}
