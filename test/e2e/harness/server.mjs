// Starts `exeunt serve` in development mode on ports of its own.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { development, own } from './credentials.mjs';

// EXEUNT names another binary, such as one built with the race detector.
const binary = process.env.EXEUNT ?? fileURLToPath(new URL('../../../bin/exeunt', import.meta.url));

/** How long a server may take to be ready, in milliseconds. */
const readyMs = 10_000;

/**
 * Starts a server and resolves when it is ready. It is in development mode; with `mediaHost`, an address of this
 * machine at which it takes media, it has keys of its own instead, since development mode binds loopback only; `host`
 * is an address for all that it does. With `dataDir`, a folder, its rooms outlive a restart. `turn`, udp, tcp or tls,
 * opens that way through TURN.
 */
export async function startServer({ host, mediaHost = host, dataDir, turn } = {}) {
  const [signal, media, control, relay] = await freePorts(4);
  const args = [
    ...['--signal-addr', `${host ?? '127.0.0.1'}:${signal}`],
    ...['--media-addr', `${mediaHost ?? '127.0.0.1'}:${media}`],
    ...['--control-addr', `127.0.0.1:${control}`],
    ...['--allowed-origins', '*'],
    ...(mediaHost ? ['--config', writeConfig()] : []),
    ...(dataDir ? ['--data-dir', dataDir] : []),
    ...(turn ? [`--turn-${turn}`, `127.0.0.1:${relay}`] : []),
    ...(turn === 'tls' ? certificate() : []),
  ];
  const log = [];
  let child;
  const run = () => {
    child = spawn(binary, ['serve', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => log.push(String(text)));
    return ready(server, child);
  };
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const server = {
    keys: mediaHost ? own : development,
    url: `http://${host ?? '127.0.0.1'}:${signal}`,
    signal: `ws://${host ?? '127.0.0.1'}:${signal}/signal`,
    control: `http://127.0.0.1:${control}`,
    /** What the server has printed so far. */
    log: () => log.join(''),
    /** Freezes the process: its sockets stay open and nothing answers. */
    freeze: () => child.kill('SIGSTOP'),
    thaw: () => child.kill('SIGCONT'),
    async stop(how = 'SIGTERM') {
      process.off('exit', kill);
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGCONT');
      child.kill(how);
      await ended;
    },
    /** Ends the process by a signal, and starts another one in its place. */
    async restart(how) {
      await server.stop(how);
      process.once('exit', kill);
      await run();
    },
  };
  await run();
  return server;
}

/** Writes a certificate for 127.0.0.1 that nobody trusts, and returns the settings that name it. */
function certificate() {
  const folder = mkdtempSync(join(tmpdir(), 'exeunt-e2e-'));
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const made = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  const named = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
  execFileSync('openssl', ['req', ...made, ...named, '-keyout', key, '-out', cert], { stdio: 'pipe' });
  return ['--turn-host', '127.0.0.1', '--turn-cert', cert, '--turn-key', key];
}

/** Writes a configuration with our own keys into a folder of its own, and returns its path. */
function writeConfig() {
  const path = join(mkdtempSync(join(tmpdir(), 'exeunt-e2e-')), 'exeunt.yaml');
  const keys = [{ 'secret-id': own.secretId, 'secret-key': own.secretKey }];
  const apps = [{ 'sdk-app-id': own.sdkAppId, secret: own.appSecret, keys }];
  writeFileSync(path, JSON.stringify({ apps })); // JSON is YAML, too.
  return path;
}

async function ready(server, child) {
  const deadline = Date.now() + readyMs;
  while (child.exitCode === null && Date.now() < deadline) {
    const answer = await fetch(`${server.url}/readyz`).catch(() => null);
    if (answer?.ok) return;
    await new Promise(setImmediate);
  }
  child.kill('SIGKILL');
  throw new Error(`exeunt serve did not become ready:\n${server.log()}`);
}

/** Finds ports that are free for TCP now. They are asked for together, so that they differ. */
async function freePorts(count) {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      return server;
    }),
  );
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}
