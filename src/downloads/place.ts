/** Where a person moves a download that waits, among those of its priority. */
export const places = ['top', 'up', 'down', 'bottom'] as const;
export type Place = (typeof places)[number];
