import type { Profile } from './profile.ts';

/** The messages are those of the protocol; what differs is how they are written and carried. */
const messages = { versions: ['1.0', '1.1', '1.2'] } as const;

export const https: Profile = {
  ...messages,
  name: 'HTTPSServer',
  source: 'Additional Message Encodings 1.0, 2.5',
  cases: 'MSGENC-HTTPS',
};

export const json: Profile = {
  ...messages,
  name: 'JSONServer',
  source: 'Additional Message Encodings 1.0, 4.1',
  cases: 'MSGENC-JSON',
};

export const xml: Profile = {
  ...messages,
  name: 'XMLServer',
  source: 'Additional Message Encodings 1.0, 6.1',
  cases: 'MSGENC-XML',
};
