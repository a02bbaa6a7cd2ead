// Packs the SDK, installs it under the official name in an empty application, and checks what an application relies on.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'acorn';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const app = mkdtempSync(join(tmpdir(), 'application-'));
const run = (...command) => execFileSync(process.execPath, command, { cwd: app, encoding: 'utf8' });
const npm = (...command) => execFileSync('npm', command, { cwd: app, encoding: 'utf8' });

try {
  install();
  const seen = { require: runs('required.cjs', required), import: runs('imported.mjs', imported) };
  console.log(`package: require ${seen.require}, import ${seen.import}`);
  typechecks();
  console.log(`package: ${parses()} files parse as ES2019`);
} finally {
  rmSync(app, { recursive: true, force: true });
}

function install() {
  const [packed] = JSON.parse(npm('pack', here('..'), '--json', '--ignore-scripts'));
  const dependencies = { 'trtc-electron-sdk': `file:./${packed.filename}` };
  writeFileSync(join(app, 'package.json'), JSON.stringify({ name: 'application', private: true, dependencies }));
  npm('install', '--offline', '--no-audit', '--no-fund', '--silent');
}

/** Runs a program that prints `ok` when everything holds, without a browser around it. */
function runs(name, program) {
  writeFileSync(join(app, name), program());
  const output = run(name).trim();
  if (output !== 'ok') throw new Error(`${name} printed ${output}`);
  return output;
}

function required() {
  return `
    const TRTCCloud = require('trtc-electron-sdk').default;
    const { TRTCParams } = require('trtc-electron-sdk/liteav/trtc_define');
    const same = [
      new TRTCParams() instanceof require('trtc-electron-sdk').TRTCParams,
      require('trtc-electron-sdk/liteav/trtc_define.js').TRTCParams === TRTCParams,
      require('trtc-electron-sdk/liteav/trtc').default === TRTCCloud,
      require('trtc-electron-sdk/liteav').default === TRTCCloud,
      require('trtc-electron-sdk/liteav/index.js').TRTCCloud === TRTCCloud,
      require('trtc-electron-sdk/liteav/trtc_code').TXLiteAVError.ERR_NULL === 0,
    ];
    // The ES module is loaded beside it: still one SDK.
    import('trtc-electron-sdk').then((module) => {
      same.push(module.default === TRTCCloud, new TRTCParams() instanceof module.TRTCParams);
      console.log(same.every(Boolean) ? 'ok' : same);
    });`;
}

function imported() {
  return `
    import TRTCCloud, { configure, TRTCAppScene, TRTCParams } from 'trtc-electron-sdk';
    import { TRTCParams as Deep, TRTCRoleType } from 'trtc-electron-sdk/liteav/trtc_define';
    import Again from 'trtc-electron-sdk/liteav/trtc';
    configure({ url: 'ws://127.0.0.1:1/signal' });
    const trtcCloud = new TRTCCloud();
    const same = [
      new Deep(1, 'u', 's', 7) instanceof TRTCParams,
      Again === TRTCCloud,
      TRTCAppScene.TRTCAppSceneLIVE === 1,
      TRTCRoleType.TRTCRoleAudience === 21,
    ];
    trtcCloud.on('onExitRoom', (reason) => same.push(reason === 0));
    trtcCloud.exitRoom();
    console.log(same.every(Boolean) ? 'ok' : same);
    trtcCloud.destroy();`;
}

/** The guide's lines, with the rules of an old resolver and those of Node, in both kinds of module. */
function typechecks() {
  cpSync(here('fixtures'), join(app, 'src'), { recursive: true });
  cpSync(join(app, 'src/guide.ts'), join(app, 'src/guide.mts'));
  const rules = [
    ['typescript-4.5', 'ESNext', 'node'],
    ['typescript', 'ESNext', 'bundler'],
    ['typescript', 'Node16', 'node16'],
  ];
  for (const [compiler, module, moduleResolution] of rules) {
    const files = readdirSync(join(app, 'src')).filter((name) => name.endsWith('.ts') || module === 'Node16');
    const compilerOptions = {
      ...{ strict: true, noEmit: true, esModuleInterop: true, target: 'ES2019', module, moduleResolution },
      ...{ lib: ['ES2019', 'DOM', 'DOM.Iterable'], types: [] },
    };
    const config = { compilerOptions, files: files.map((name) => `src/${name}`) };
    writeFileSync(join(app, 'tsconfig.json'), JSON.stringify(config));
    const tsc = here(`node_modules/${compiler}/lib/tsc.js`);
    execFileSync(process.execPath, [tsc, '--project', app], { stdio: 'inherit' });
    console.log(`package: ${files.length} applications compile with ${compiler}, ${moduleResolution}`);
  }
}

/** webpack 4 parses no more than ES2019, and does not transpile what is installed. */
function parses() {
  const folder = join(app, 'node_modules/trtc-electron-sdk/liteav');
  const files = readdirSync(folder, { recursive: true }).filter((name) => /\.m?js$/.test(name));
  for (const name of files) {
    const sourceType = name.endsWith('.mjs') ? 'module' : 'script';
    parse(readFileSync(join(folder, name), 'utf8'), { ecmaVersion: 2019, sourceType });
  }
  return files.length;
}
