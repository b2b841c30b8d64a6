/**
 * How clients are enrolled: with a key pair made for them, with a request that they bring, or with their own
 * certificate.
 */
import type { X509Certificate } from 'node:crypto';

import type { Credential } from '#access/client-record';
import type { CertificateRequest } from '#certs/request-content';
import { defineUseCase } from '#administration/use-case';
import type { NewFile } from '#administration/files';
import { assertNotOwn } from '#administration/own-identity';

import { assertBindable } from './bindable.ts';
import { boundCertificate, makeClientFiles, notGranted, signClientRequest, type KeyChoice } from './client-files.ts';

/**
 * Hands over the files, then runs the rest. When that fails, the files are taken back. Returns what the door says about
 * the files, such as their paths.
 */
export type Deliver<Delivered> = (files: readonly NewFile[], purpose: () => Promise<unknown>) => Promise<Delivered>;

export interface NewClient extends KeyChoice {
  readonly name: string;
  /** Checked when the client gives them in a request. */
  readonly credential?: Credential;
  /** Every request must have the credential. */
  readonly requirePassword?: boolean;
  readonly deliver: Deliver<readonly string[]>;
}

export const addClient = defineUseCase({
  name: 'client add',
  effect: 'issues',
  makesStore: true,
  async run({ name, credential, requirePassword, deliver, ...choice }: NewClient, ports) {
    await ports.clients.assertAvailable(name);
    await assertNotOwn(ports, name);
    const { certificate, files } = await makeClientFiles(name, ports, choice);
    const holdings = {
      ...{ certificates: [boundCertificate(certificate, ports.authority)] },
      ...(credential === undefined ? {} : { credentials: [credential] }),
      ...(requirePassword === true ? { passwordRequired: true as const } : {}),
    };
    return deliver(files, () => ports.clients.add(name, holdings));
  },
});

export const renewClient = defineUseCase({
  name: 'client renew',
  effect: 'issues',
  async run({ name, deliver, ...choice }: Omit<NewClient, 'credential' | 'requirePassword'>, ports) {
    await ports.clients.named(name);
    await assertNotOwn(ports, name);
    const { certificate, files } = await makeClientFiles(name, ports, choice);
    const bound = boundCertificate(certificate, ports.authority);
    return deliver(files, () => ports.clients.bind(name, bound));
  },
});

export interface SignedRequest {
  readonly name: string;
  readonly request: CertificateRequest;
  readonly deliver: Deliver<readonly string[]>;
}

export const signClient = defineUseCase({
  name: 'client sign',
  effect: 'issues',
  makesStore: true,
  async run({ name, request, deliver }: SignedRequest, ports) {
    await assertNotOwn(ports, name, request.publicKey);
    const refused = notGranted(name, request);
    const { certificate, files } = await signClientRequest(name, request, ports);
    const bound = boundCertificate(certificate, ports.authority);
    return { delivered: await deliver(files, () => ports.clients.bindOrAdd(name, bound)), notGranted: refused };
  },
});

export const bindClient = defineUseCase({
  name: 'client bind',
  effect: 'issues',
  makesStore: true,
  async run({ name, certificate }: { readonly name: string; readonly certificate: X509Certificate }, ports) {
    const warnings = await assertBindable(ports, certificate);
    const bound = boundCertificate(certificate, ports.authority);
    await ports.clients.bindOrAdd(name, bound);
    return { fingerprint: bound.fingerprint, warnings };
  },
});
