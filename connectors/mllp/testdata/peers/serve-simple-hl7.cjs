// node serve-simple-hl7.cjs: the same with simple-hl7.
const hl7 = require('simple-hl7');

const server = hl7.Server.createTcpServer({}, (err, req, res) => {
  if (err) {
    if (err.code !== 'ECONNRESET') console.error(err);
    return;
  }
  console.log(String(req.msg.header.getField(8)));
  res.end();
});
server.start(0);
server.server.on('listening', () => console.log(server.server.address().port));
