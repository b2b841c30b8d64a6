/**
 * The names under which clients dial a server, and whether a text in a certificate could pass for one of them. A
 * certificate that could must go to the server alone: some clients (GnuTLS) ask neither for the purpose of what the
 * server shows nor for more than a Common Name.
 */
import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';

export interface ServerNames {
  /** Why the text must not stand in a client's certificate: 'is a name of this server'. Undefined when it may. */
  objectionTo(text: string): string | undefined;
}

/** What every machine calls itself, whatever it was given. */
const ownEverywhere = [
  'localhost',
  '*.localhost',
  'localhost.localdomain',
  ...['localhost4', 'localhost6', 'localhost4.localdomain4', 'localhost6.localdomain6'],
  ...['ip6-localhost', 'ip6-loopback'],
];
const loopback = ['127.0.0.1', '::1'];
/** What is longer, wildcards aside, is no name of a host. */
const maximumHost = 253;

/**
 * @param names host names, also with a wildcard, and addresses; those of this machine to itself are always among them.
 */
export function serverNames(names: readonly string[]): ServerNames {
  const all = [...ownEverywhere, ...loopback, ...names];
  const hosts = [...new Set(all.filter((name) => addressOf(name) === undefined).map(hostOf))].filter((host) => host);
  const addresses = new Set(all.flatMap((name) => addressOf(name) ?? []));
  return {
    objectionTo(text) {
      if (/\p{Cc}/u.test(text)) return 'has control characters';
      const address = addressOf(text);
      // Serial numbers are digits alone, and so is an address to some programs.
      if (address !== undefined && (addresses.has(address) || !/^\d+$/.test(text.trim()))) return 'is an address';
      const host = hostOf(text).replace(/\*+/g, '*');
      if (host.replaceAll('*', '').length > maximumHost) return undefined;
      return hosts.some((own) => couldBe(host, own)) ? 'is a name of this server' : undefined;
    },
  };
}

/** In one form: ASCII (IDNA), small letters, without the dot that ends a full name. */
function hostOf(text: string): string {
  const plain = text.trim();
  // What the rules of host names refuse is still compared, in the form that looks like it.
  const host = domainToASCII(plain) || plain.normalize('NFKC').toLowerCase();
  return host.replace(/\.+$/, '');
}

/** An address in one form, however it is written: in brackets, with a zone, in hexadecimal, in fewer parts. */
function addressOf(text: string): string | undefined {
  const [plain = ''] = text
    .trim()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.+$/, '')
    .split('%');
  if (plain.includes(':')) {
    return isIP(plain) === 6 ? new URL(`http://[${plain}]`).hostname.slice(1, -1) : undefined;
  }
  const host = domainToASCII(plain);
  return isIP(host) === 4 ? host : undefined;
}

/** Whether some client would take one for the other, wildcards on either side. */
function couldBe(host: string, own: string): boolean {
  if (host === own) return true;
  if (host.includes('*')) return fits(own.replaceAll('*', 'x'), host) || host.endsWith(own.replace(/^\*/, ''));
  if (!own.startsWith('*.')) return false;
  const suffix = own.slice(1);
  // A wildcard stands for one label, but all below localhost is this machine (RFC 6761 §6.3).
  return host.endsWith(suffix) && (suffix === '.localhost' || !host.slice(0, -suffix.length).includes('.'));
}

/**
 * Each `*` of the pattern stands for anything, dots too: more than any client allows. Time is the product of the
 * lengths at most.
 */
function fits(text: string, pattern: string): boolean {
  let [at, place, star, mark] = [0, 0, -1, 0];
  while (at < text.length) {
    if (pattern[place] === '*') [star, mark, place] = [place, at, place + 1];
    else if (pattern[place] === text[at]) [at, place] = [at + 1, place + 1];
    else if (star >= 0) [place, mark, at] = [star + 1, mark + 1, mark + 1];
    else return false;
  }
  return /^\**$/.test(pattern.slice(place));
}
