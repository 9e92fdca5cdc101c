import { parse } from 'parse-torrent-title';
import type { TemplateValues } from './name-template.ts';

/** How much of a name is looked at: no release has a longer one, and patterns cost time. */
const longest = 300;

/**
 * What a release name tells: `The.Matrix.1999.1080p.mkv` → The Matrix, 1999, 1080p. A name that tells nothing of the
 * kind is its own title, unless the folder it lies in is plainly called like a release: there files often have short
 * names. `stem`: without its ending. Pure; never throws.
 */
export function releaseValues(stem: string, folder = ''): TemplateValues {
  const own = valuesIn(stem);
  if (own) return own;
  const around = valuesIn(folder);
  // A year alone does not make a release of a folder: people keep things in folders of years.
  const isRelease = around?.resolution !== undefined || around?.episode !== undefined;
  return around && isRelease ? around : { title: stem };
}

/** Undefined when it tells nothing but a title. */
function valuesIn(name: string): TemplateValues | undefined {
  const { title, year, season, episode, resolution } = read(name.slice(0, longest));
  const clean = title?.replace(/\s+/g, ' ').replace(/^[\s._-]+|[\s._-]+$/g, '') ?? '';
  if ([year, season, episode, resolution].every((told) => told === undefined)) return undefined;
  return {
    title: clean === '' ? name : clean,
    ...(year === undefined ? {} : { year: String(year) }),
    ...(season === undefined ? {} : { season: twoDigits(season) }),
    ...(episode === undefined ? {} : { episode: twoDigits(episode) }),
    ...(resolution === undefined ? {} : { resolution }),
  };
}

function read(stem: string): Partial<ReturnType<typeof parse>> {
  try {
    return parse(stem);
  } catch {
    return {};
  }
}

const twoDigits = (number: number) => String(number).padStart(2, '0');
