import { Failure } from '../../downloads/failure.ts';
import type { HostAnswer } from './client.ts';

/** A path whose names are percent-encoded, as they stand in URLs; the slashes stay. Pure. */
export function encodedPath(path: string): string {
  return path.split('/').map(encodedName).join('/');
}

/** A URL with the name, or the path, of a file put in where the braces are. Pure. */
export function filledIn(template: string, path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return template.replaceAll('{path}', () => encodedPath(path)).replaceAll('{name}', () => encodedName(name));
}

/**
 * Where a host over HTTP says that the file is. `rule`: `body`, `location`, `json:KEY.KEY`, a URL to be filled in; left
 * out: what the answer has of Location and a body that is one address, otherwise `url`, if there is one. Pure.
 * Throws `Failure('protocol')` where the answer says nothing of the kind.
 */
export function linkIn(
  answer: HostAnswer,
  rule: string | undefined,
  { path, url }: { readonly path: string; readonly url: URL | undefined },
): string {
  const inBody = address(answer.text.trim());
  const location = address(answer.headers.get('location'), url);
  if (rule === undefined) {
    const found = location ?? inBody ?? url?.href;
    if (found !== undefined) return found;
    throw unsaid('no address; set its link');
  }
  if (rule === 'body') return inBody ?? fail('no address as its body');
  if (rule === 'location') return location ?? fail('no Location');
  if (!rule.startsWith('json:')) return filledIn(rule, path);
  return address(textAt(answer.text, rule.slice(5))) ?? fail(`no address at ${rule.slice(5)}`);
}

function fail(what: string): never {
  throw unsaid(what);
}

function unsaid(what: string): Failure {
  return new Failure('protocol', `it took the file, but its answer has ${what}`);
}

/** As encodeURIComponent, and also what may mean something in a path (RFC 3986 section 2.2). Pure. */
function encodedName(name: string): string {
  return encodeURIComponent(name.toWellFormed()).replaceAll(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function address(text: string | undefined, base?: URL): string | undefined {
  if (text === undefined || text === '' || /\s/.test(text)) return undefined;
  const url = URL.parse(text, base?.href);
  return url && /^https?:$/.test(url.protocol) ? url.href : undefined;
}

function textAt(json: string, path: string): string | undefined {
  let found: unknown;
  try {
    found = JSON.parse(json);
  } catch {
    return undefined;
  }
  for (const key of path.split('.')) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined;
    found = (found as Readonly<Record<string, unknown>>)[key];
  }
  return typeof found === 'string' ? found : undefined;
}
