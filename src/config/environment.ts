/** The environment of a process, read once. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Names that are ours without being a key of the configuration. */
const ownNames: readonly string[] = [
  'LONGHAUL_HOME',
  'LONGHAUL_CONFIG',
  'LONGHAUL_NO_APT',
  'LONGHAUL_PASSWORD',
  'LONGHAUL_BEARER',
];

/** What this process was started with: the one place where the environment is read. */
export function environment(): Environment {
  return Object.freeze({ ...process.env });
}

/** The `LONGHAUL_*` variables that mean keys of the configuration. An empty one counts as not set. */
export function settingVariables(env: Environment): readonly (readonly [name: string, value: string])[] {
  return Object.entries(env).flatMap(([name, value]) =>
    name.startsWith('LONGHAUL_') && !ownNames.includes(name) && value !== undefined && value !== ''
      ? [[name, value] as const]
      : [],
  );
}

/** A variable's value; undefined when it is empty. */
export function variable(env: Environment, name: string): string | undefined {
  const value = Object.hasOwn(env, name) ? env[name] : undefined;
  return value === '' ? undefined : value;
}
