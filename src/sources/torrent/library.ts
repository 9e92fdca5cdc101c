import { registerHooks } from 'node:module';
import type { Encryptor } from 'bittorrent-protocol';
import type WebTorrent from 'webtorrent';
import { endUnsoundPeers } from './enduring.ts';
import { linkDirectly } from './peer-link.ts';
import { encryptFaster } from './rc4.ts';

export type Library = typeof WebTorrent;

/**
 * Packages that the torrent library would load and must not: native modules that have to be compiled, and a way to the
 * web that asks nobody whom it may reach. In the bundle `build/bundle.ts` puts the same in their places.
 */
const standIns = new Set(['webrtc-polyfill', 'utp-native', 'cross-fetch-ponyfill', 'load-ip-set']);

let loaded: Promise<Library> | undefined;

/** The library, loaded with the first torrent. Only in a thread of its own: it changes what that thread loads. */
export function loadLibrary(): Promise<Library> {
  loaded ??= load();
  return loaded;
}

async function load(): Promise<Library> {
  registerHooks({
    resolve(specifier, context, next) {
      const isTrackers = specifier === 'dgram' && context.parentURL?.includes('/bittorrent-tracker/');
      const isPeers = specifier === 'net' && context.parentURL?.includes('/webtorrent/lib/');
      if (!standIns.has(specifier) && !isTrackers && !isPeers) return next(specifier, context);
      return { url: new URL(`./stand-ins/${specifier}.ts`, import.meta.url).href, shortCircuit: true };
    },
  });
  const [{ default: Client }, { default: Wire }, { default: Peer }] = await Promise.all([
    import('webtorrent'),
    import('bittorrent-protocol'),
    import('webtorrent/lib/peer.js'),
  ]);
  linkDirectly(Peer.prototype);
  Wire.prototype._debug = () => {};
  endUnsoundPeers(Wire.prototype);
  const probe = new Wire('tcpOutgoing', 1);
  encryptFaster(Object.getPrototypeOf(probe._encryptor) as Encryptor);
  probe.destroy();
  return Client;
}
