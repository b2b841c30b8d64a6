/** The URLs of the revocation lists. Each authority has one, and a certificate must name that of its own authority. */
import type { Config } from '#config';

export const certifyCrlName = (name: string): string => `certify-${name}`;

/**
 * Of what clients have certified: as a setting says, or else beside the other list. Undefined when there is no place
 * for it.
 */
export function certifyCrlUrl({ certifyCrlUrl: given, crlUrl }: Config): string | undefined {
  if (given !== undefined || crlUrl === undefined || !URL.canParse(crlUrl)) return given;
  const url = new URL(crlUrl);
  const [, folder, name] = /^(.*\/)([^/]+)$/.exec(url.pathname) ?? [];
  if (folder === undefined || name === undefined) return undefined;
  url.pathname = folder + certifyCrlName(name);
  return url.href;
}
