import { Option } from 'commander';

import { keyKinds } from '#certs/keys';

/** The options of a command that makes a key, as it is given them in a KeyChoice. */
export const keyOptions = (): Option[] => [
  new Option('--key-type <type>', 'the kind of key').choices(keyKinds).default('P-256'),
  new Option('--p12-format <format>', 'legacy for products that cannot read AES')
    .choices(['modern', 'legacy'])
    .default('modern'),
];
