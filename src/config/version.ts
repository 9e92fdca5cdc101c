import manifest from '../../package.json' with { type: 'json' };

/** Longhaul's version, from package.json; the bundle carries it inside. */
export const version: string = manifest.version;
