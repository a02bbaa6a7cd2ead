// Makes tone.ivf and picture.ivf, which `exeunt join --publish` sends, with Chromium's own encoders:
//
//	node cmd/exeunt/testmedia/record.mjs [path of chromium]
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const here = import.meta.dirname ?? new URL('.', import.meta.url).pathname;
const profile = await mkdtemp(join(tmpdir(), 'record-'));
let finish;
const finished = new Promise((resolve) => {
  finish = resolve;
});

const server = createServer(async (request, response) => {
  const body = [];
  for await (const piece of request) body.push(piece);
  const name = request.url.slice(1);
  if (name === 'record.html') response.end(await readFile(join(here, name)));
  else response.end();
  if (name.endsWith('.ivf')) await writeFile(join(here, name), Buffer.concat(body));
  if (name === 'done') finish('');
  if (name === 'fail') finish(Buffer.concat(body).toString());
});
await new Promise((listening) => server.listen(0, '127.0.0.1', listening));

const browser = spawn(
  process.argv[2] ?? '/usr/bin/chromium',
  ['--headless', '--no-sandbox', '--disable-gpu', `--user-data-dir=${profile}`,
    `http://127.0.0.1:${server.address().port}/record.html`],
  { stdio: 'ignore' },
);
const gone = new Promise((resolve) => browser.once('exit', resolve));
gone.then(() => finish('the browser ended first'));
const problem = await finished;
browser.kill();
await gone;
server.close();
server.closeAllConnections();
await rm(profile, { recursive: true, force: true });
if (problem) {
  console.error(problem);
  process.exitCode = 1;
}
