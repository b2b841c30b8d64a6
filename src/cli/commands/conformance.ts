import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { Option } from 'commander';

import { openHttpsTransport } from '#client/https-transport';
import { openTlsTransport, type Peer } from '#client/tls-transport';
import type { Transport } from '#client/transport';
import { defineCommand } from '#cli/command';
import { maximumPemFile, readInput } from '#administration/files';
import { startOwnServer } from '#cli/own-server';
import { serverOption, type ServerAddress } from '#cli/server-address';
import { explainedFor } from '#cli/unreachable';
import { encodings, type EncodingName } from '#protocol/encodings';
import { findCases } from '#conformance/cases';
import { credentialsIn } from '#conformance/credentials';
import { runConformance } from '#conformance/run';
import { resultLine, resultRecord, summarize } from '#conformance/summary';
import { OperatorError } from '#operator-error';

interface Given {
  readonly directory: string;
  readonly server?: ServerAddress;
  readonly cert?: string;
  readonly key?: string;
  readonly ca?: string;
  readonly overHttps?: EncodingName;
  readonly only?: string;
  readonly json?: string;
}

export const conformance = defineCommand<Given>({
  usage: 'conformance <directory>',
  summary: 'replay KMIP test cases against a server',
  description:
    'Runs the XML test cases in the directory, folder by folder, over mutual TLS, and compares each answer with the ' +
    'expected one by the variations that the KMIP profiles permit. Without --server it starts a server of its own ' +
    'for the run. Ends with status 1 when a case fails.',
  examples: [
    'conformance profiles/cases',
    "conformance cases --only 'SKLC-*' --json results.json",
    "conformance cases --only 'MSGENC-XML-*' --over-https xml",
    'conformance cases --server kms.example.org:5696 --cert c.crt --key c.key --ca ca.crt',
  ],
  options: [
    serverOption('a server that runs already'),
    new Option('--cert <path>', "the client's certificate for --server (PEM)"),
    new Option('--key <path>', 'the key to --cert (PEM)'),
    new Option('--ca <path>', 'the authority that --server is verified by (PEM)'),
    new Option('--over-https <encoding>', 'speak HTTPS, in this encoding').choices(Object.keys(encodings)),
    new Option('--only <glob>', 'the cases whose name matches'),
    new Option('--json <path>', 'write the results to this file too'),
  ],
  async run({ output }, given) {
    const files = await findCases(resolve(given.directory), given.only).catch((error: unknown) => {
      throw new OperatorError(`the directory cannot be read: ${(error as Error).message}`);
    });
    if (files.length === 0)
      throw new OperatorError('no test case found', 'case files end with .xml; --only takes a glob');
    const { peer, stop } =
      given.server === undefined
        ? await startOwnServer(given.overHttps === undefined ? {} : { https: '0' }, await credentialsIn(files))
        : { peer: peerOf(given.server, given), stop: () => Promise.resolve() };
    try {
      const results = await runConformance({
        files,
        open: () => openTransport(peer, given.overHttps),
        now: Date.now,
        onResult: (result) => output.line(resultLine(result)),
      });
      output.line('');
      output.table(
        ['family', 'folder', 'passed', 'failed'],
        summarize(results).map(({ family, folder, passed, failed }) => [
          family,
          folder,
          String(passed),
          String(failed),
        ]),
      );
      if (given.json !== undefined)
        writeFileSync(given.json, `${JSON.stringify(results.map(resultRecord), undefined, 2)}\n`);
      const failed = results.filter(({ failure }) => failure !== undefined).length;
      output.line('');
      output.line(`${results.length - failed} passed, ${failed} failed`);
      if (failed > 0) throw new OperatorError(`${failed} of ${results.length} cases failed`);
    } finally {
      await stop();
    }
  },
});

const openTransport = (peer: Peer, encoding: EncodingName | undefined): Promise<Transport> =>
  (encoding === undefined ? openTlsTransport(peer) : openHttpsTransport({ ...peer, encoding })).catch(
    (error: unknown) => {
      throw explainedFor(`${peer.host}:${peer.port}`, error);
    },
  );

function peerOf(server: ServerAddress, { cert, key, ca }: Given): Peer {
  if (cert === undefined || key === undefined || ca === undefined) {
    throw new OperatorError('--server needs --cert, --key and --ca', 'kmipd client add makes all three');
  }
  const read = (path: string): Buffer => readInput(path, maximumPemFile);
  return { ...server, cert: read(cert), key: read(key), ca: read(ca) };
}
