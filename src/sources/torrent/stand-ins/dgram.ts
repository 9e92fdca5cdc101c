import dgram, { type Socket, type SocketType } from 'node:dgram';
import { publicLookup } from '../../../net/private-address.ts';

/** What `bind` looks up when it is told no address. */
const anyAddress = '0.0.0.0';
let isGuarded = true;

/** UDP trackers at private addresses, too. */
export function allowPrivateTrackers(): void {
  isGuarded = false;
}

/** The platform's, for the tracker client alone: its sockets reach no private address. */
export default {
  createSocket(type: SocketType): Socket {
    if (!isGuarded) return dgram.createSocket(type);
    return dgram.createSocket({
      type,
      lookup: (host, options, answer) => {
        if (host === anyAddress) answer(null, anyAddress, 4);
        else publicLookup(host, options, (error, address, family) => answer(error, String(address), family ?? 4));
      },
    });
  },
};
