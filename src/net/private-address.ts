import { type LookupAddress, type LookupOptions, lookup } from 'node:dns';
import { BlockList, isIP } from 'node:net';
import { Failure } from '../downloads/failure.ts';

/** Networks that are not the internet: the machine itself, its neighbours, and forms that lead to them. */
const networks: readonly (readonly [address: string, bits: number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  ['::', 96],
  ['64:ff9b::', 96],
  ['2002::', 16],
  ['2001::', 32],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
];

const denied = new BlockList();
for (const [address, bits] of networks) denied.addSubnet(address, bits, familyOf(address));
// Every IPv4 address has such a form; they are judged as the IPv4 address that they are (`mapped`), never by it.
const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** True for an address that no stranger should make this program talk to. Pure. */
export function isPrivateAddress(address: string): boolean {
  const inner = mapped.exec(address)?.[1];
  if (inner !== undefined) return isPrivateAddress(inner);
  const plain = address.replace(/%.*$/, '');
  if (/^::ffff:/i.test(plain)) return true;
  return denied.check(plain, familyOf(plain));
}

/** Of what is an address: `isIPv6` would compile its large expression at every start, which takes 25 ms in a thread. */
function familyOf(address: string): 'ipv4' | 'ipv6' {
  return address.includes(':') ? 'ipv6' : 'ipv4';
}

type Answer = (error: Error | null, address: string | LookupAddress[], family?: number) => void;

/** `dns.lookup` that leaves out private addresses, and fails with a `Failure` where no other is there. */
export function publicLookup(host: string, options: LookupOptions, answer: Answer): void {
  lookup(host, { ...options, all: true }, (error, addresses) => {
    if (error) return answer(error, '');
    const open = addresses.filter(({ address }) => !isPrivateAddress(address));
    const [first] = open;
    if (!first) return answer(notPublic(host), '');
    if (options.all) answer(null, open);
    else answer(null, first.address, first.family);
  });
}

/** Throws `Failure('refused')` where `host` is a private address itself; names are looked at when they are looked up. */
export function refusePrivate(host: string): void {
  if (isIP(host) !== 0 && isPrivateAddress(host)) throw notPublic(host);
}

function notPublic(host: string): Failure {
  return new Failure('refused', `${host} is in a private network, where a stranger's link may not lead`);
}
