import { createServer } from 'node:net';

/** A server that takes whatever is put there and keeps nothing, as fast as Node reads: `sink.ts PORT`. */
createServer({ noDelay: true }, (socket) => {
  let head = '';
  let rest = -1;
  socket.on('error', () => socket.destroy());
  socket.on('data', (bytes: Buffer) => {
    let taken = bytes.length;
    if (rest < 0) {
      head += bytes.toString('latin1');
      const end = head.indexOf('\r\n\r\n');
      if (end === -1) return;
      rest = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0);
      taken = head.length - end - 4;
      if (/^expect:/im.test(head)) socket.write('HTTP/1.1 100 Continue\r\n\r\n');
      head = '';
    }
    rest -= taken;
    if (rest > 0) return;
    rest = -1;
    socket.write('HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n');
  });
}).listen(Number(process.argv[2]), '127.0.0.1');
