// A way to a server that can break: between the pages and the signalling port stands a proxy of connections.
import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/** Opens a way to `server`. The result stands in for it where a page is opened. */
export async function openProxy(server) {
  const { hostname, port } = new URL(server.url);
  const pairs = new Set();
  let broken = false;
  const proxy = createServer((inner) => {
    way.connections++;
    const outer = connect(Number(port), hostname);
    const pair = [inner, outer];
    pairs.add(pair);
    for (const end of pair) {
      // A connection that breaks is what this is for.
      end.on('error', () => undefined);
      end.on('close', () => {
        pairs.delete(pair);
        for (const other of pair) other.destroy();
      });
    }
    if (broken) return inner.resetAndDestroy();
    inner.pipe(outer).pipe(inner);
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const reset = () => {
    for (const [inner] of pairs) inner.resetAndDestroy();
  };
  const way = {
    signal: `ws://127.0.0.1:${proxy.address().port}/signal`,
    keys: server.keys,
    /** How many connections were tried so far. */
    connections: 0,
    /** Breaks every connection, and those to come. */
    cut() {
      broken = true;
      reset();
    },
    heal() {
      broken = false;
    },
    /** The connections of now carry nothing any more, and nobody closes them. Later ones are well. */
    stall() {
      for (const [inner, outer] of pairs) {
        inner.unpipe(outer);
        outer.unpipe(inner);
        inner.pause();
        outer.pause();
      }
    },
    async close() {
      reset();
      proxy.close();
      await once(proxy, 'close');
    },
  };
  return way;
}
