// node send-simple-hl7.cjs PORT FILE: the same with simple-hl7.
const { readFileSync } = require('node:fs');
const hl7 = require('simple-hl7');

const [port, file] = process.argv.slice(2);
const messages = JSON.parse(readFileSync(file, 'utf8'));
const parser = new hl7.Parser({ segmentSeperator: '\r' });
const client = hl7.Server.createTcpClient({ host: '127.0.0.1', port: Number(port), keepalive: true });

function next() {
  const text = messages.shift();
  if (text === undefined) {
    client.close();
    return;
  }
  client.send(parser.parse(text), (err, answer) => {
    if (err) {
      console.error(err);
      process.exit(1);
    }
    const msa = answer.getSegment('MSA');
    console.log(String(msa.getField(1)), String(msa.getField(2)));
    setImmediate(next);
  });
}
next();
