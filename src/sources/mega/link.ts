/** What a MEGA link names: `https://mega.nz/file/ID#KEY`, `/folder/ID#KEY[/file|folder/ID]`, and the old `#!ID!KEY`, `#F!ID!KEY`. */
const forms = [
  /^\s*https?:\/\/(?:www\.)?mega(?:\.co)?\.(?:nz|io|app)\/(file|folder)\/([\w-]{8})(?:(?:#|%23)[\w-]*(?:\/(file|folder)\/([\w-]{8}))?)?\/?\s*$/i,
  /^\s*https?:\/\/(?:www\.)?mega(?:\.co)?\.(?:nz|io|app)\/(?:#|%23)(F?)(?:!|%21)([\w-]{8})(?:(?:!|%21)[\w-]*)?(?:[!?]([\w-]{8}))?\s*$/i,
] as const;

/**
 * The normal form of a MEGA link: what it names, without its key, which is a secret. Equal for old and
 * new forms; undefined for anything else. Pure.
 */
export function megaKey(link: string): string | undefined {
  const modern = forms[0].exec(link);
  if (modern) {
    const [, kind = '', id = '', within, inner] = modern;
    return `mega:${kind.toLowerCase()}/${id}${inner === undefined ? '' : `/${within?.toLowerCase()}/${inner}`}`;
  }
  const old = forms[1].exec(link);
  if (!old) return undefined;
  const [, folder, id = '', inner] = old;
  if (!folder) return `mega:file/${id}`;
  return `mega:folder/${id}${inner === undefined ? '' : `/file/${inner}`}`;
}
