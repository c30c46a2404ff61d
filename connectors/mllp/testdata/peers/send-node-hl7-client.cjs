// node send-node-hl7-client.cjs PORT FILE: the same with node-hl7-client.
const { readFileSync } = require('node:fs');
const { Client, Message } = require('node-hl7-client');

const [port, file] = process.argv.slice(2);
const messages = JSON.parse(readFileSync(file, 'utf8'));
let answered = 0;
const client = new Client({ host: '127.0.0.1' });
const out = client.createConnection({ port: Number(port), waitAck: true }, async (response) => {
  const answer = response.getMessage();
  console.log(answer.get('MSA.1').toString(), answer.get('MSA.2').toString());
  answered++;
  if (answered < messages.length) {
    await out.sendMessage(new Message({ text: messages[answered] }));
  } else {
    await out.close();
  }
});
out.on('connect', () => out.sendMessage(new Message({ text: messages[0] })));
out.on('error', (err) => {
  console.error(err);
  process.exit(1);
});
