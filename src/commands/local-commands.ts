import { addDownload } from './add-download.ts';
import type { Commands } from './commands.ts';
import { controlDownload } from './control-download.ts';
import type { CommandParts } from './parts.ts';
import { showDownload } from './show-download.ts';

const defaultPage = 50;

/** The commands over a store in this process. */
export function localCommands(parts: CommandParts): Commands {
  const { store } = parts;
  return {
    add: (request) => addDownload(parts, request),
    list: ({ limit, ...filter }) => store.list({ ...filter, limit: limit ?? defaultPage }),
    show: (reference) => showDownload(parts, reference),
    control: (reference, wish) => controlDownload(parts, reference, wish),
    async history({ limit }) {
      const [recent, statistics] = await Promise.all([store.list({ limit }), store.statistics()]);
      return { recent, statistics };
    },
  };
}
