// A plain TCP balancer in a process of its own: node tcp-balancer.js PORT PORT …; prints where it listens. Connections go round in turn.
import { connect, createServer } from 'node:net';

const ports = process.argv.slice(2).map(Number);
let next = 0;
const server = createServer((client) => {
  const upstream = connect(ports[next++ % ports.length], '127.0.0.1');
  for (const [one, other] of [[client, upstream], [upstream, client]]) {
    one.setNoDelay(true).pipe(other);
    one.on('error', () => other.destroy());
    one.on('close', () => other.destroy());
  }
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
