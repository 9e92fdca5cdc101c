import { type HostSettings, settingsOfHost } from './hosts.ts';

/** How many downloads may run at the same time, of one host and of one category. */
export interface SlotLimits {
  /** As `hostOf` names it; undefined: no limit. */
  ofHost(host: string): number | undefined;
  ofCategory(category: string | null): number | undefined;
}

/** Ports under which a host without one may be written in the configuration. */
const usualPorts = ['443', '80', '21', '22'];

/** The limits of a configuration; what is nobody's host has none. */
export function slotLimitsOf(config: {
  readonly queue: { readonly slots_per_host: number | 'off' };
  readonly hosts: Readonly<Record<string, HostSettings>>;
  readonly categories: Readonly<Record<string, { readonly slots?: number | undefined }>>;
}): SlotLimits {
  const { hosts, categories } = config;
  const usual = config.queue.slots_per_host === 'off' ? undefined : config.queue.slots_per_host;
  const isSet = Object.values(hosts).some(({ slots }) => slots !== undefined);
  return {
    ofHost: (host) => (host === '-' ? undefined : ((isSet ? ownSlots(hosts, host) : undefined) ?? usual)),
    ofCategory: (category) =>
      category !== null && Object.hasOwn(categories, category) ? categories[category]?.slots : undefined,
  };
}

/** Of entries for single ports that all mean this host, the strictest. */
function ownSlots(hosts: Readonly<Record<string, HostSettings>>, host: string): number | undefined {
  const names = /:\d+$/.test(host) ? [host] : usualPorts.map((port) => `${host}:${port}`);
  const slots = names.flatMap((name) => settingsOfHost(hosts, name).slots ?? []);
  return slots.length === 0 ? undefined : Math.min(...slots);
}
