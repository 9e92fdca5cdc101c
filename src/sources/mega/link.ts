import { Failure } from '../../downloads/failure.ts';
import { shortLink } from '../malformed.ts';

/** What a MEGA link names: `https://mega.nz/file/ID#KEY`, `/folder/ID#KEY[/file|folder/ID]`, our own `/folder/ID#KEY/NAME/NAME`, and the old `#!ID!KEY`, `#F!ID!KEY`. */
const forms = [
  /^\s*https?:\/\/(?:www\.)?mega(?:\.co)?\.(?:nz|io|app)\/(file|folder)\/([\w-]{8})(?:(?:#|%23)([\w-]*)(?:\/(file|folder)\/([\w-]{8})|\/([^\s/].*?))?)?\/?\s*$/i,
  /^\s*https?:\/\/(?:www\.)?mega(?:\.co)?\.(?:nz|io|app)\/(?:#|%23)(F?)(?:!|%21)([\w-]{8})(?:(?:!|%21)([\w-]*))?(?:[!?]([\w-]{8}))?\s*$/i,
] as const;

/** What is meant as one, also where it is cut off; the other pages of that site are web links. */
const meant = /^\s*https?:\/\/(?:www\.)?mega(?:\.co)?\.(?:nz|io|app)\/(?:(?:file|folder)\/|(?:#|%23)F?(?:!|%21))/i;
const normalForm = /^mega:(?:file\/[\w-]{8}|folder\/[\w-]{8}(?:\/(?:file|folder)\/[\w-]{8}|\/path\/\S+)?)$/;
/** Of a file's key 32 bytes in base64url, of a folder's 16. */
const keyLength = { file: 43, folder: 22 } as const;

/** A MEGA link taken apart. */
export interface MegaLink {
  readonly kind: 'file' | 'folder';
  readonly id: string;
  /** Base64url; secret. */
  readonly key: string;
  /** The file or folder within the folder that is meant, by its id. */
  readonly within?: string;
  /** The same by its names, from the folder down. */
  readonly path?: readonly string[];
}

/**
 * The normal form of a MEGA link: what it names, without its key, which is a secret. Equal for old and
 * new forms; undefined for anything else. Pure.
 */
export function megaKey(link: string): string | undefined {
  const modern = forms[0].exec(link);
  if (modern) {
    const [, kind = '', id = '', , within, inner, path] = modern;
    const below = path === undefined ? '' : `/path/${namesIn(path).map(encodeURIComponent).join('/')}`;
    return `mega:${kind.toLowerCase()}/${id}${inner === undefined ? below : `/${within?.toLowerCase()}/${inner}`}`;
  }
  const old = forms[1].exec(link);
  if (!old) return undefined;
  const [, folder, id = '', , inner] = old;
  if (!folder) return `mega:file/${id}`;
  return `mega:folder/${id}${inner === undefined ? '' : `/file/${inner}`}`;
}

/** As a whole one stands at the beginning of a text; with or without its scheme, and `%23` where somebody encoded it. */
const begun =
  /^(?:https?:\/\/)?(?:www\.)?mega(?:\.co)?\.(?:nz|io|app)\/(?:file\/[\w-]{8}(?:#|%23)[\w-]{43}|folder\/[\w-]{8}(?:#|%23)[\w-]{22}(?:\/(?:file|folder)\/[\w-]{8})?|(?:#|%23)(?:!|%21)[\w-]{8}(?:!|%21)[\w-]{43}|(?:#|%23)F(?:!|%21)[\w-]{8}(?:!|%21)[\w-]{22}(?:[!?][\w-]{8}(?![\w-]))?)/i;

/** The MEGA link that a text begins with, as long as its key is; undefined where there is none, or it is cut off. Pure. */
export function megaLinkAt(text: string): string | undefined {
  return begun.exec(text.slice(0, 200))?.[0];
}

/** True for what is meant as a MEGA link, also a malformed one. Pure. */
export function isMegaLink(link: string): boolean {
  return meant.test(link) || normalForm.test(link);
}

/** The normal form, for a link with its key. Throws `Failure('link')` for one that cannot be downloaded. Pure. */
export function megaLinkKey(link: string): string {
  if (normalForm.test(link)) return link;
  parseMegaLink(link);
  return megaKey(link) ?? link;
}

/** Throws `Failure('link')` for a link that is cut off, or has no key; its message never repeats the key. Pure. */
export function parseMegaLink(link: string): MegaLink {
  const modern = forms[0].exec(link);
  const old = modern ? null : forms[1].exec(link);
  const [, word = '', id = '', key, ...rest] = modern ?? old ?? [];
  const path = modern ? rest[2] : undefined;
  if (id === '' || (path !== undefined && word.toLowerCase() === 'file')) {
    const shown = shortLink(link.split(/[#!]|%2[13]/i, 1)[0] ?? '');
    throw new Failure(
      'link',
      `the link ${shown} is malformed; it should look like https://mega.nz/file/ID#… with the key behind #`,
    );
  }
  const kind = (modern ? word.toLowerCase() === 'folder' : word !== '') ? 'folder' : 'file';
  const within = modern ? rest[1] : rest[0];
  if (!key) {
    throw new Failure('link', 'the MEGA link has no key: copy the whole of it, also what stands behind the ID');
  }
  if (key.length !== keyLength[kind]) {
    const length = `it has ${key.length} characters instead of ${keyLength[kind]}`;
    throw new Failure('link', `the key of the MEGA link is not whole: ${length}; copy the link again`);
  }
  if (path !== undefined) return { kind, id, key, path: namesIn(path) };
  return { kind, id, key, ...(within === undefined || kind === 'file' ? {} : { within }) };
}

/** As they are called, also where a browser encoded them. */
function namesIn(path: string): readonly string[] {
  return path
    .toWellFormed()
    .split('/')
    .filter((name) => name !== '')
    .map((name) => {
      try {
        return decodeURIComponent(name);
      } catch {
        return name;
      }
    });
}
