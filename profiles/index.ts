/** Every profile whose text is known. The Profiles of 1.3 and later are known only by their test cases. */
import { asymmetricKeyLifecycle } from './asymmetric-key-lifecycle.ts';
import { advancedCryptographic, basicCryptographic, rngCryptographic } from './cryptographic-services.ts';
import { https, json, xml } from './message-encodings.ts';
import { opaqueObjectStore } from './opaque-object-store.ts';
import type { Profile, Requirements } from './profile.ts';
import { storageArray } from './storage-array.ts';
import { suiteB128, suiteB192 } from './suite-b.ts';
import { symmetricKeyLifecycle } from './symmetric-key-lifecycle.ts';
import { tapeLibrary } from './tape-library.ts';

/** The profiles that do not depend on how the server listens: the others also need its TLS and HTTPS. */
export const serverProfiles: readonly Profile[] = [
  symmetricKeyLifecycle,
  asymmetricKeyLifecycle,
  opaqueObjectStore,
  storageArray,
  tapeLibrary,
  basicCryptographic,
  advancedCryptographic,
  rngCryptographic,
];

export const profiles: readonly Profile[] = [...serverProfiles, suiteB128, suiteB192, https, json, xml];

/**
 * The names of a profile in Query's answer: with the version of the protocol, and from 2.0 on also without it (2.1
 * §11.41).
 */
export const namesOf = ({ name, versions }: Profile): readonly string[] => [
  ...versions.map((version) => `${name}KMIPV${version.replace('.', '_')}`),
  name,
];

/** What a profile requires in one version of the protocol. */
export function requirementsIn(profile: Profile, version: string): Required<Requirements> {
  const later = Object.entries(profile.since ?? {}).filter(([since]) => since <= version);
  const all: readonly Requirements[] = [profile, ...later.map(([, requirements]) => requirements)];
  return {
    objects: all.flatMap(({ objects = [] }) => objects),
    attributes: all.flatMap(({ attributes = [] }) => attributes),
    operations: all.flatMap(({ operations = [] }) => operations),
    values: Object.fromEntries(all.flatMap(({ values = {} }) => Object.entries(values))),
  };
}
