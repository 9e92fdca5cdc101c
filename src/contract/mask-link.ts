const mask = '***';

/** Names of query parameters whose value lets somebody in. */
const secretParameters = /^(?:pass|passwd|password|pwd|secret|token|access_token|auth|api_?key)$/i;

/**
 * A link that may be shown: user name and password before the host are masked, and so are the
 * values of query parameters that are passwords by their name. Everything else stays as it was
 * given, also where it is no link at all.
 */
export function maskLink(link: string): string {
  return maskQuery(link.replace(/^(\s*[a-z][a-z0-9+.-]*:[/\\]*)[^/\\?#]*@/i, `$1${mask}@`));
}

function maskQuery(link: string): string {
  return link.replace(/([?&;])([^=&;#]+)=([^&;#]*)/g, (whole, before: string, name: string, value: string) =>
    value !== '' && secretParameters.test(name) ? `${before}${name}=${mask}` : whole,
  );
}
