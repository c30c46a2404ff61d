// node serve-medplum.mjs [enhanced]: a server of @medplum/hl7; it prints its
// port and then "CONTROLID" for each message.
import { Hl7Server } from '@medplum/hl7';

const server = new Hl7Server((connection) => {
  connection.addEventListener('message', ({ message }) => {
    console.log(message.getSegment('MSH').getField(10).toString());
    connection.send(message.buildAck());
  });
});
await server.start(0, undefined, process.argv[2] === 'enhanced');
console.log(server.server.address().port);
