// node send-medplum.mjs PORT FILE: sends the messages of FILE, a JSON array of
// strings, with @medplum/hl7 and prints "CODE CONTROLID" for each answer.
import { readFileSync } from 'node:fs';
import { Hl7Message } from '@medplum/core';
import { Hl7Client } from '@medplum/hl7';

const [port, file] = process.argv.slice(2);
const client = new Hl7Client({ host: '127.0.0.1', port: Number(port) });
for (const text of JSON.parse(readFileSync(file, 'utf8'))) {
  const answer = await client.sendAndWait(Hl7Message.parse(text));
  const msa = answer.getSegment('MSA');
  console.log(msa.getField(1).toString(), msa.getField(2).toString());
}
await client.close();
