import type { Config } from './config.ts';

type Categories = Config['categories'];

/** The settings of this category. Throws RangeError that names the known ones. */
export function categoryNamed(categories: Categories, name: string): Categories[string] {
  const found = Object.hasOwn(categories, name) ? categories[name] : undefined;
  if (found) return found;
  const names = Object.keys(categories);
  const known =
    names.length === 0
      ? 'the configuration has none (categories: { films: { directory: ~/films } })'
      : `known ${names.length === 1 ? 'is' : 'are'} ${names.join(', ')}`;
  throw new RangeError(`there is no category "${name}"; ${known}`);
}
