import { Failure } from '../../downloads/failure.ts';
import { shortLink } from '../malformed.ts';
import type { Metainfo } from './metainfo.ts';
import { onlyVersion2 } from './metainfo.ts';

/** A magnet link taken apart (BEP 9, 53). Everything in it comes from whoever made it. */
export interface Magnet {
  /** Of version 1: 40 hex digits, lower case. */
  readonly infoHash: string;
  /** What it says that the torrent is called; null: nothing. */
  readonly name: string | null;
  readonly trackers: readonly string[];
  readonly webSeeds: readonly string[];
  /** `host:port` of peers that it names. */
  readonly peers: readonly string[];
}

const base32 = 'abcdefghijklmnopqrstuvwxyz234567';
const mostAddresses = 200;
/** A magnet of ours names so many trackers: enough to find somebody, and still a link. */
const mostOwnTrackers = 10;
/** An info hash alone, in hex or base 32. */
const bareHash = /^\s*([0-9a-f]{40}|[a-z2-7]{32})\s*$/i;

/** True for what is meant as a torrent: a magnet link, also a malformed one, or an info hash alone. Pure. */
export function isTorrentLink(link: string): boolean {
  return /^\s*magnet:/i.test(link) || bareHash.test(link);
}

/** The normal form: `magnet:btih:HASH`. Throws `Failure('link')` for a magnet link without a hash. Pure. */
export function torrentKey(link: string): string {
  const bare = bareHash.exec(link)?.[1];
  if (bare !== undefined) return `magnet:btih:${hexHash(bare)}`;
  if (/^magnet:bt[im]h:[0-9a-f]+$/.test(link)) return link;
  const key = magnetKey(link);
  if (key !== undefined) return key;
  throw new Failure(
    'link',
    `the magnet link ${shortLink(link)} names no torrent: it has no whole xt=urn:btih:…; copy it again`,
  );
}

/** Takes a magnet link or an info hash apart. Throws `Failure('link')`, also for one of version 2 alone. Pure. */
export function parseMagnet(link: string): Magnet {
  const key = torrentKey(link);
  if (!key.startsWith('magnet:btih:')) throw onlyVersion2();
  const query = new URLSearchParams(queryOf(link) ?? '');
  const all = (name: RegExp) => [...query].flatMap(([key, value]) => (name.test(key) ? [value.trim()] : []));
  const addresses = (name: RegExp, form: RegExp) =>
    [...new Set(all(name))]
      .filter((each) => form.test(each) && each.length <= 2048 && URL.canParse(each))
      .slice(0, mostAddresses);
  return {
    infoHash: key.slice('magnet:btih:'.length),
    name: query.get('dn')?.trim() || null,
    trackers: addresses(/^tr(\.\d+)?$/i, /^(?:udp|https?|wss?):\/\//i),
    webSeeds: addresses(/^ws$/i, /^https?:\/\//i),
    peers: all(/^x\.pe$/i)
      .filter((each) => /^(?:\[[0-9a-f:.]+\]|[^\s:/?#[\]@]+):\d{1,5}$/i.test(each))
      .slice(0, mostAddresses),
  };
}

/** A link for a torrent that is known. It names no tracker of a private one: such an address is a key. Pure. */
export function magnetOf({ infoHash, name, isPrivate, trackers }: Metainfo): string {
  const open = isPrivate ? [] : trackers.flat().slice(0, mostOwnTrackers);
  const told = open.filter((each) => !/[?#@]|[0-9a-z]{20,}/i.test(each.replace(/^[a-z]+:\/\//i, '')));
  const more = [['dn', name] as const, ...told.map((tracker) => ['tr', tracker] as const)];
  return `magnet:?xt=urn:btih:${infoHash}${more.map(([key, value]) => `&${key}=${encodeURIComponent(value.toWellFormed())}`).join('')}`;
}

/**
 * The normal form of a magnet link: its info hash, in lower-case hex, of BEP 9 (`urn:btih:`, also in base 32)
 * or BEP 52 (`urn:btmh:`); the first where both are told. Undefined for anything else. Pure.
 */
export function magnetKey(link: string): string | undefined {
  const query = queryOf(link);
  if (query === undefined) return undefined;
  const topics = [...new URLSearchParams(query)].flatMap(([name, value]) =>
    /^xt(\.\d+)?$/i.test(name) ? [value] : [],
  );
  const first = topics.map(v1Hash).find((hash) => hash !== undefined);
  if (first !== undefined) return `magnet:btih:${first}`;
  const second = topics.map((topic) => /^urn:btmh:(1220[0-9a-f]{64})$/i.exec(topic)?.[1]).find((hash) => hash);
  return second === undefined ? undefined : `magnet:btmh:${second.toLowerCase()}`;
}

function queryOf(link: string): string | undefined {
  return /^\s*magnet:\?(.*?)\s*$/is.exec(link)?.[1];
}

function v1Hash(topic: string): string | undefined {
  const hash = /^urn:btih:([0-9a-f]{40}|[a-z2-7]{32})$/i.exec(topic)?.[1];
  return hash === undefined ? undefined : hexHash(hash);
}

function hexHash(hash: string): string {
  return hash.length === 32 ? hexOf(hash.toLowerCase()) : hash.toLowerCase();
}

/** RFC 4648 section 6: each character is five bits. */
function hexOf(text: string): string {
  const bits = [...text].reduce((sum, letter) => (sum << 5n) | BigInt(base32.indexOf(letter)), 0n);
  return bits.toString(16).padStart(40, '0');
}
