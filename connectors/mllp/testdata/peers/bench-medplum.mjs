// node bench-medplum.mjs FILE SECONDS [--frames-only]: gives the bytes of FILE,
// whole MLLP frames, again and again to a connection of @medplum/hl7, in chunks
// of 64 KiB as a socket gives them, after half as long again of warming up. It
// prints {"node", "messages", "distinct", "seconds"}: how many messages arrived
// in that time, and how many control IDs one pass over FILE has.
//
// The connection decodes and parses each message as it takes it from its frame,
// and nothing in its interface turns that off. --frames-only replaces the parser
// by one that does nothing; the decoding of UTF-8 stays.
import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { Hl7Message } from '@medplum/core';
import { Hl7Connection } from '@medplum/hl7';

const [file, seconds, only] = process.argv.slice(2);
const bytes = readFileSync(file);
if (only === '--frames-only') {
  const nothing = { getSegment: () => undefined };
  Hl7Message.parse = () => nothing;
}

let messages = 0;
let control = '';
let controls = new Set();
const socket = new EventEmitter();
const connection = new Hl7Connection(socket);
connection.addEventListener('error', (event) => {
  throw event.error;
});
connection.addEventListener('message', (event) => {
  messages++;
  control = event.message.getSegment('MSH')?.getField(10).toString();
  controls?.add(control);
});

function pass() {
  for (let at = 0; at < bytes.length; at += 65536) {
    socket.emit('data', bytes.subarray(at, at + 65536));
  }
}

function passFor(milliseconds) {
  messages = 0;
  const start = performance.now();
  while (performance.now() - start < milliseconds) {
    pass();
  }
  return { messages, seconds: (performance.now() - start) / 1000 };
}

pass();
const distinct = controls.size;
controls = undefined;
passFor(seconds * 500);
console.log(JSON.stringify({ node: process.version, distinct, ...passFor(seconds * 1000) }));
