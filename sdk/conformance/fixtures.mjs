// Compiles fixtures/, small applications in the idioms of real ones, against the official types, against ours, and
// against ours with TypeScript 4.5, the oldest that our declarations must suit.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { official } from './official.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const sources = readdirSync(here('fixtures')).filter((name) => name.endsWith('.ts'));

mkdirSync(here('work'), { recursive: true });
compile('the official types', 'typescript', `${official}liteav`, 'Bundler', 'ESNext');
compile('our types', 'typescript', here('../liteav'), 'Bundler', 'ESNext');
compile('our types, TypeScript 4.5', 'typescript-4.5', here('../liteav'), 'Node', 'ESNext');
compile('our types, CommonJS', 'typescript-4.5', here('../liteav'), 'Node', 'CommonJS');

function compile(what, compiler, folder, moduleResolution, module) {
  const config = here('work/tsconfig.json');
  const compilerOptions = {
    ...{ strict: true, noEmit: true, esModuleInterop: true, target: 'ES2019', module, moduleResolution },
    ...{ lib: ['ES2019', 'DOM', 'DOM.Iterable'], types: [], skipLibCheck: folder.startsWith(official) },
    paths: {
      'trtc-electron-sdk': [`${folder}/index.d.ts`],
      'trtc-electron-sdk/liteav/*': [`${folder}/*`],
    },
  };
  if (compiler !== 'typescript') compilerOptions.baseUrl = '.';
  const files = sources.map((name) => here(`fixtures/${name}`));
  // The official declarations speak of Node's Buffer and EventEmitter.
  if (folder.startsWith(official))
    Object.assign(compilerOptions, { types: ['node'], typeRoots: [here('node_modules/@types')] });
  writeFileSync(config, JSON.stringify({ compilerOptions, files }));
  execFileSync(process.execPath, [here(`node_modules/${compiler}/lib/tsc.js`), '--project', config], {
    stdio: 'inherit',
  });
  console.log(`fixtures: ${files.length} compile against ${what}`);
}
