// Builds liteav/: what applications import. `node build.mjs`, after `npm ci`.
//
// There is one copy of the SDK, sdk.js, in CommonJS; every path that applications import is a thin file around it.
// So `x instanceof TRTCParams` holds however the class and the cloud were imported: by import, by require, or from
// liteav/trtc_define. Two bundles would make two TRTCParams, and enterRoom would refuse the other one.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { workerScript, workerSource } from './worker.mjs';

const root = dirname(fileURLToPath(import.meta.url));
const out = join(root, 'liteav');
const declarations = join(out, 'declarations');

/** Each path below liteav/ that the official package has too: its module in src/, and its default export. */
const paths = {
  index: { from: 'index', main: 'TRTCCloud' },
  trtc: { from: 'trtc', main: 'TRTCCloud' },
  trtc_define: { from: 'define' },
  trtc_code: { from: 'errors' },
  types: { from: 'interfaces' },
  vod_player: { from: 'unsupported/vod' },
  LocalMediaTranscoder: { from: 'unsupported/mixing', main: 'TRTCLocalMediaTranscoder' },
  'Live/live_define': { from: 'define/live' },
  'Live/Player': { from: 'unsupported/live' },
  'Live/Pusher': { from: 'unsupported/live' },
  'extensions/AudioEffectManager': { from: 'unsupported/extension', main: 'TRTCAudioEffectManager' },
  'extensions/DeviceManager': { from: 'unsupported/extension', main: 'TRTCDeviceManager' },
  'extensions/MediaMixingManager': { from: 'unsupported/mixing', main: 'TRTCMediaMixingManager' },
  'extensions/PluginManager': { from: 'unsupported/extension', main: 'TRTCPluginManager' },
};

const common = {
  absWorkingDir: root,
  entryPoints: ['src/index.ts'],
  bundle: true,
  // webpack 4 does not transpile node_modules and cannot parse anything newer.
  target: 'es2019',
  charset: 'utf8',
  logLevel: 'warning',
};

rmSync(out, { recursive: true, force: true });
// npm packs a licence that stands beside package.json.
copyFileSync(join(root, '../LICENSE'), join(root, 'LICENSE'));
writeFileSync(join(root, 'src/sei/source.ts'), await workerSource());
await build({ ...common, format: 'cjs', platform: 'neutral', outfile: 'liteav/sdk.js', ...shape('sdk') });
// For a page without a bundler: a module, and a script whose globals are `TRTCCloud` and `exeunt`.
await build({ ...common, format: 'esm', minify: true, outfile: 'liteav/browser.mjs' });
await build({
  ...common,
  format: 'iife',
  minify: true,
  globalName: 'exeunt',
  outfile: 'liteav/browser.js',
  ...shape(),
});
// For a page whose Content-Security-Policy allows no worker from a blob.
writeFileSync(join(out, 'sei-worker.js'), await workerScript());
execFileSync(
  process.execPath,
  [
    join(root, 'node_modules/typescript/bin/tsc'),
    ...['--project', root, '--noEmit', 'false', '--declaration', '--emitDeclarationOnly', '--stripInternal'],
    ...['--rootDir', join(root, 'src'), '--outDir', declarations],
  ],
  { stdio: 'inherit' },
);
const sdk = createRequire(import.meta.url)(join(out, 'sdk.js'));
for (const [path, { from, main }] of Object.entries(paths)) await wrap(path, from, main);
prune();

// esbuild marks its CommonJS with __esModule, and tools then disagree on what a default import of it is.
// Without the mark it is module.exports to all of them; index.js, for require and older tools, has the mark.
function shape(name) {
  if (name !== 'sdk') return { footer: { js: 'var TRTCCloud = exeunt.default;' } };
  return { footer: { js: 'module.exports = Object.assign({}, module.exports);' } };
}

async function wrap(path, from, main) {
  const { metafile } = await build({
    ...common,
    entryPoints: [`src/${from}.ts`],
    format: 'esm',
    outfile: 'names.mjs',
    write: false,
    metafile: true,
  });
  const exported = Object.values(metafile.outputs)[0].exports;
  const names = exported.filter((name) => name !== 'default' && name in sdk).sort();
  const up = relative(dirname(path), '.') || '.';
  const here = up === '.' ? '.' : up;
  const file = (extension, lines) => {
    const target = join(out, path + extension);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, `${lines.join('\n')}\n`);
  };
  file('.js', [
    `'use strict';`,
    `Object.defineProperty(exports, '__esModule', { value: true });`,
    `const sdk = require('${here}/sdk.js');`,
    ...names.map((name) => `exports.${name} = sdk.${name};`),
    ...(main ? [`exports.default = sdk.${main};`] : []),
  ]);
  file('.mjs', [
    `import sdk from '${here}/sdk.js';`,
    ...names.map((name) => `export const ${name} = sdk.${name};`),
    ...(main ? [`export default sdk.${main};`] : ['export {};']),
  ]);
  file('.d.ts', [
    `export * from '${here}/declarations/${from}';`,
    ...(main ? [`export { ${main} as default } from '${here}/declarations/${from}';`] : []),
  ]);
  // A default import of CommonJS is the whole module to TypeScript's node16 rules, so the class goes by its name.
  const self = `./${path.split('/').pop()}.js`;
  file('.d.mts', [`export * from '${self}';`, ...(main ? [`export { ${main} as default } from '${self}';`] : [])]);
}

/** Removes the declarations that no public one reaches. One that is reached must not need a package to be installed. */
function prune() {
  const reached = new Set();
  const visit = (file) => {
    if (reached.has(file)) return;
    reached.add(file);
    for (const [, name] of readFileSync(file, 'utf8').matchAll(/(?:from |import\()['"]([^'"]*)['"]/g)) {
      if (!name.startsWith('.')) throw new Error(`${file} imports ${name}: mark what needs it @internal`);
      visit(join(dirname(file), `${name}.d.ts`));
    }
  };
  for (const { from } of Object.values(paths)) visit(join(declarations, `${from}.d.ts`));
  for (const entry of readdirSync(declarations, { recursive: true })) {
    const file = join(declarations, entry);
    if (file.endsWith('.d.ts') && !reached.has(file)) rmSync(file);
  }
}
