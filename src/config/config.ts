export type Config = unknown;
