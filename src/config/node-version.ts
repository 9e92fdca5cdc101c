/** The oldest Node that has all that is needed: a store that survives its own checkpoints. */
const oldest = { major: 24, minor: 15 } as const;

/** Why this Node cannot run Longhaul, as one sentence; undefined where it can. Pure. */
export function nodeTooOld(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > oldest.major || (major === oldest.major && minor >= oldest.minor)) return undefined;
  return `Longhaul needs Node ${oldest.major}.${oldest.minor} or newer, this is ${version}`;
}
