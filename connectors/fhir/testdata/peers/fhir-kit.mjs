// node fhir-kit.mjs BASE TOKEN FILE: what a client of others does with the
// door, by fhir-kit-client. FILE holds a transaction. Prints a line for each
// answer.
import { readFileSync } from 'node:fs';
import { Client, CapabilityTool } from 'fhir-kit-client';

const [baseUrl, token, file] = process.argv.slice(2);
const client = new Client({ baseUrl, bearerToken: token });
const say = (...words) => console.log(words.join(' '));

const statement = await client.capabilityStatement();
const can = new CapabilityTool(statement);
say('capability', statement.fhirVersion, can.serverCan('transaction'), can.resourceCan('Procedure', 'create'), can.resourceCan('Patient', 'create'));

const body = JSON.parse(readFileSync(file, 'utf8'));
const answer = await client.transaction({ body });
for (const { response } of answer.entry) {
  const [resourceType, id, , version] = response.location.split('/');
  const read = await client.read({ resourceType, id });
  const old = await client.vread({ resourceType, id, version });
  say(response.status, read.resourceType, read.id === id, read.meta.versionId === version, JSON.stringify(read) === JSON.stringify(old));
}
const again = await client.transaction({ body });
say('repeat', JSON.stringify(again) === JSON.stringify(answer));

const device = await client.create({ resourceType: 'Device', body: { resourceType: 'Device', identifier: [{ system: 'urn:x', value: 'D-1' }], lotNumber: 'L1' } });
device.lotNumber = 'L2';
const updated = await client.update({ resourceType: 'Device', id: device.id, body: device, options: { headers: { 'If-Match': `W/"${device.meta.versionId}"` } } });
const resolved = await client.resolve({ reference: `Device/${device.id}` });
say('update', updated.lotNumber, resolved.lotNumber, updated.id === device.id, updated.meta.versionId !== device.meta.versionId);

for (const [what, ask] of Object.entries({
  invalid: () => client.create({ resourceType: 'Procedure', body: { resourceType: 'Procedure' } }),
  missing: () => client.read({ resourceType: 'Device', id: 'nowhere' }),
  stranger: () => new Client({ baseUrl, bearerToken: 'x'.repeat(40) }).read({ resourceType: 'Device', id: device.id }),
  deletion: () => client.delete({ resourceType: 'Device', id: device.id }),
})) {
  try {
    await ask();
    say(what, 'was served');
  } catch (error) {
    say(what, error.response.status, error.response.data.resourceType, error.response.data.issue[0].code);
  }
}
