/**
 * "An operation is listed by Query only if a test reaches Success with it in every version that has it": this one. The
 * loop below sends each row of `everyRequest`, in each version that has the operation, and demands Success of an answer
 * that holds nothing which is not in the version.
 */
import { expect } from 'chai';
import { isIn } from '#operations/operation';
import { operations } from '#operations/registry/served';
import { enumerationValue } from '#protocol/enumerations';
import { versionOf } from '#protocol/versions';
import { all, versions, item } from '#test/fixtures/items';
import { openCertifying, type Certifying } from '#test/operations/certificates/authority';
import { everyRequest } from './every-request.ts';

describe('every operation that Query lists', () => {
  let server: Certifying;
  before(async () => (server = await openCertifying({ interop: true })));
  after(() => server.fixture.close());

  for (const version of versions) {
    const number = versionOf(Number(version[0]), Number(version[2]));
    const inVersion = operations.filter((each) => isIn(each, number)).map((each) => each.name);

    for (const operation of inVersion) {
      it(`${operation} succeeds in ${version}`, async () => {
        const here = server.caller(version, `client of ${operation} in ${version}`);
        const payload = await everyRequest[operation]({ here, version, authority: server.authority.certificate.raw });
        const [answer] = await here.send([item(operation, payload)]);
        expect(answer?.status, answer?.message).to.equal('Success');
      });
    }

    it(`${version} lists these and no others`, async () => {
      const payload = await server.caller(version).call('Query', ...everyRequest.Query());
      const listed = all(payload, 'Operation').map((each) => enumerationValue('Operation', each.value as number));
      expect(listed).to.have.members(inVersion);
    });
  }
});
