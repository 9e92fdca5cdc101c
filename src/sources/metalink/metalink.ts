import { XMLParser, XMLValidator } from 'fast-xml-parser';
import type { Pieces } from '../../downloads/download.ts';
import { Failure } from '../../downloads/failure.ts';

/** One file that a Metalink names. */
export interface MetalinkFile {
  /** Relative path, hostile until it went through `safePath`. */
  readonly path: string;
  /** The best first; at least one. */
  readonly links: readonly [string, ...string[]];
  /** `sha-256=HEX`: the strongest that is understood. */
  readonly checksum?: string;
  /** Bytes. */
  readonly size?: number;
  readonly pieces?: Pieces;
}

const namespace = 'urn:ietf:params:xml:ns:metalink';
/** RFC 5854 section 4.2.4 names them as in the IANA registry; the strongest first, with their hex digits. */
const hashes: readonly (readonly [string, number])[] = [
  ['sha-512', 128],
  ['sha-384', 96],
  ['sha-256', 64],
  ['sha-224', 56],
  ['sha-1', 40],
  ['md5', 32],
];
const lowestPriority = 999_999;
const mostFiles = 100_000;
const mostPieces = 1_000_000;
/** What a link of a Metalink may be; others (torrents, private kinds) are passed over. */
const known = /^(?:https?|ftp|sftp):\/\//i;

/**
 * Reads a Metalink 4 document (RFC 5854). Document types are refused, so that no entity is ever
 * expanded (security.md: XML without DTD). Throws `Failure('link')` in one sentence. Pure.
 */
export function parseMetalink(text: string): MetalinkFile[] {
  if (/<!(?:DOCTYPE|ENTITY)/i.test(text)) throw wrong('contains a document type, which is not read');
  const checked = XMLValidator.validate(text);
  if (checked !== true) throw wrong(`is no well-formed XML (line ${checked.err.line})`);
  const root = record(record(parsed(text)).metalink);
  const version = root['@xmlns'];
  if (version !== undefined && version !== namespace) {
    throw wrong('is of another version than Metalink 4 (RFC 5854)');
  }
  const files = list(root.file);
  if (files.length === 0) throw wrong('names no file');
  if (files.length > mostFiles) throw wrong(`names more than ${mostFiles} files`);
  return files.map((file) => fileOf(record(file)));
}

function parsed(text: string): unknown {
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: '@',
    parseTagValue: false,
    parseAttributeValue: false,
    processEntities: true,
    htmlEntities: false,
    isArray: (name) => ['file', 'url', 'hash', 'pieces'].includes(name),
  });
  try {
    return parser.parse(text);
  } catch (error) {
    throw new Failure('link', 'the Metalink cannot be read', { cause: error });
  }
}

function fileOf(file: Readonly<Record<string, unknown>>): MetalinkFile {
  const path = textOf(file['@name']);
  if (path === '') throw wrong('has a file without a name');
  const [first, ...others] = linksOf(file);
  if (first === undefined) throw wrong(`names no link that is known here for ${JSON.stringify(path.slice(0, 100))}`);
  const size = /^\d{1,15}$/.exec(textOf(file.size))?.[0];
  const checksum = strongest(list(file.hash));
  const pieces = list(file.pieces)
    .map(piecesOf)
    .find((one) => one !== undefined);
  return {
    path,
    links: [first, ...others],
    ...(checksum === undefined ? {} : { checksum }),
    ...(size === undefined ? {} : { size: Number(size) }),
    ...(pieces === undefined ? {} : { pieces }),
  };
}

/** Lower numbers are better (section 4.2.16.1); equals stay in their order. */
function linksOf(file: Readonly<Record<string, unknown>>): string[] {
  const urls = list(file.url).map((url) => {
    const priority = /^\d{1,6}$/.exec(textOf(record(url)['@priority']))?.[0];
    return { link: textOf(url), priority: priority === undefined ? lowestPriority : Number(priority) };
  });
  const usable = urls.filter(({ link }) => known.test(link) && URL.canParse(link));
  return [...new Set(usable.sort((a, b) => a.priority - b.priority).map(({ link }) => link))];
}

function strongest(given: readonly unknown[]): string | undefined {
  for (const [name, digits] of hashes) {
    for (const hash of given) {
      const hex = textOf(hash).toLowerCase();
      if (kindOf(record(hash)) === name && hex.length === digits && /^[0-9a-f]+$/.test(hex)) return `${name}=${hex}`;
    }
  }
  return undefined;
}

/** Undefined where one of them is not understood: half of them prove nothing. */
function piecesOf(given: unknown): Pieces | undefined {
  const pieces = record(given);
  const algorithm = kindOf(pieces);
  const digits = hashes.find(([name]) => name === algorithm)?.[1];
  const length = Number(/^[1-9]\d{0,14}$/.exec(textOf(pieces['@length']))?.[0] ?? 0);
  const found = list(pieces.hash).map((hash) => textOf(hash).toLowerCase());
  const whole =
    found.length > 0 &&
    found.length <= mostPieces &&
    found.every((hex) => hex.length === digits && /^[0-9a-f]+$/.test(hex));
  return whole && length > 0 ? { algorithm, length, hashes: found } : undefined;
}

/** `sha-256`, also where it is written `sha256`. */
function kindOf(element: Readonly<Record<string, unknown>>): string {
  return textOf(element['@type'])
    .toLowerCase()
    .replace(/^sha-?/, 'sha-');
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : value === undefined || value === '' ? [] : [value];
}

/** Of an element with attributes the parser gives an object. */
function textOf(value: unknown): string {
  const text = typeof value === 'object' ? record(value)['#text'] : value;
  return typeof text === 'string' ? text.trim() : '';
}

function wrong(what: string): Failure {
  return new Failure('link', `the Metalink ${what}`);
}
