/** Certificates: read by a parser in JavaScript, and chains of them whose signatures are checked. */
import { validateChain, type Chain } from '#crypto/certificates/certificate-chain';
import { readCertificateContent, readRequestKey } from '#crypto/certificates/certificate-content';
import { defineTask } from './task.ts';

/** Milliseconds: of hostile ones every few bytes are a value of their own. */
const perByte = 1 / 2000;
/** A signature with the longest key that OpenSSL takes. */
const perSignature = 5;

const bytesIn = (certificates: readonly Uint8Array[]): number =>
  certificates.reduce((sum, { length }) => sum + length, 0);

export const certificateTasks = {
  readCertificate: defineTask({
    cost: ({ length }: Uint8Array) => length * perByte,
    run: (certificate) => readCertificateContent(certificate),
  }),

  readRequestKey: defineTask({
    cost: ({ length }: Uint8Array) => length * perByte,
    run: (request) => readRequestKey(request),
  }),

  validateChain: defineTask({
    cost: ({ presented, stored, trusted }: Chain) =>
      bytesIn([...presented, ...stored]) * perByte + (presented.length + stored.length + trusted.length) * perSignature,
    run: (chain) => validateChain(chain),
  }),
};
