import { Failure } from '../downloads/failure.ts';
import { printable } from '../log/printable.ts';

/** Longer links are cut where they are shown, characters. */
const longest = 80;

/** What is wrong with a link that begins with its scheme and `//`, naming both. `form` is how it should look. Pure. */
export function malformedLink(link: string, form: string): Failure {
  return new Failure('link', `the link ${shortLink(link)} is malformed: ${faultOf(link)}; it should look like ${form}`);
}

/** True where a link that begins with its scheme and `//` names no host: parsers of the web take a host from its path. */
export function namesNoHost(link: string): boolean {
  return /^\s*[a-z][a-z0-9+.-]*:\/\/(?:[/\\?#]|$)/i.test(link.trim());
}

/** For a message: short, in quotes, and without anything that may be a password. */
export function shortLink(link: string): string {
  const shown = printable(link.trim()).replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, '$1***@');
  return shown.length > longest ? `"${shown.slice(0, longest)}…"` : `"${shown}"`;
}

function faultOf(link: string): string {
  if (namesNoHost(link)) return 'it names no host';
  const place = /\/\/(?:[^/\\?#]*@)?([^/\\?#@]*)/.exec(link.trim())?.[1] ?? '';
  const port = /:(\d+)$/.exec(place)?.[1];
  if (port !== undefined && Number(port) > 65_535) return `there is no port ${printable(port.slice(0, 10))}`;
  if (place === '') return 'it names no host';
  // Behind a slash in a password what looks like the host is the user's name, and like a port their password.
  if (link.includes('@')) return 'its host or its path cannot be read';
  if (place.includes('[') || place.includes(']')) return `"${printable(place.slice(0, longest))}" is no address`;
  if (/:[^:]*[^:\d]/.test(place)) return 'a port is a number';
  return /[^\p{L}\p{N}._:-]|^[.:]|\.\./u.test(place)
    ? `"${printable(place.slice(0, longest))}" is no host`
    : 'its host or its path cannot be read';
}
