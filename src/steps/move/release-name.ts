import { parse } from 'parse-torrent-title';
import type { TemplateValues } from './name-template.ts';

/** How much of a name is looked at: no release has a longer one, and patterns cost time. */
const longest = 300;

/**
 * What a release name tells: `The.Matrix.1999.1080p.mkv` → The Matrix, 1999, 1080p. A name that tells nothing of the
 * kind is its own title. `stem`: without its ending. Pure; never throws.
 */
export function releaseValues(stem: string): TemplateValues {
  const { title, year, season, episode, resolution } = read(stem.slice(0, longest));
  const told = year !== undefined || season !== undefined || episode !== undefined || resolution !== undefined;
  const clean = title?.replace(/\s+/g, ' ').replace(/^[\s._-]+|[\s._-]+$/g, '') ?? '';
  return {
    title: told && clean !== '' ? clean : stem,
    ...(year === undefined ? {} : { year: String(year) }),
    ...(season === undefined ? {} : { season: twoDigits(season) }),
    ...(episode === undefined ? {} : { episode: twoDigits(episode) }),
    ...(resolution === undefined ? {} : { resolution: resolution }),
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
