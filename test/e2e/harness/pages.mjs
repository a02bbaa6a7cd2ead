// Bundles the pages of this folder against the built SDK, as an application's bundler does, and serves them.
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:http';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const folder = fileURLToPath(new URL('../pages/', import.meta.url));
const sdk = fileURLToPath(new URL('../../../sdk', import.meta.url));

/**
 * Serves every page as /NAME, at `host`, and the worker that a strict page takes from its own origin. The page's query
 * says which server it talks to: ?server=ws://…
 */
export async function servePages(host = '127.0.0.1') {
  installSDK();
  const { outputFiles } = await build({
    entryPoints: readdirSync(folder).filter((name) => /^(room|idiom|guide).*js$/.test(name)),
    absWorkingDir: folder,
    bundle: true,
    write: false,
    outdir: '/',
    format: 'iife',
  });
  const scripts = new Map(outputFiles.map((file) => [basename(file.path, '.js'), file.text]));
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url, 'http://127.0.0.1');
    if (pathname === '/sei-worker.js') {
      response.writeHead(200, { 'Content-Type': 'text/javascript' });
      response.end(readFileSync(join(sdk, 'liteav/sei-worker.js')));
      return;
    }
    const script = scripts.get(pathname.slice(1));
    response.writeHead(script ? 200 : 404, { 'Content-Type': 'text/html; charset=utf-8' });
    response.end(script && html(script, searchParams.get('server')));
  });
  server.listen(0, host);
  await once(server, 'listening');
  return {
    origin: `http://${host}:${server.address().port}`,
    url: (name, signal) => `http://${host}:${server.address().port}/${name}?server=${encodeURIComponent(signal)}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Puts the SDK where npm puts an alias: the one line of package.json that an application changes. */
function installSDK() {
  const place = fileURLToPath(new URL('../node_modules/trtc-electron-sdk', import.meta.url));
  rmSync(place, { force: true });
  symlinkSync(sdk, place);
}

function html(script, signal) {
  const safe = script.replaceAll('</script', '<\\/script');
  return `<!doctype html><meta charset="utf-8"><meta name="exeunt-url" content="${signal}">
<title>exeunt e2e</title><body><script>${safe}</script></body>`;
}
