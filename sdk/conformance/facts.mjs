// Holds sdk/test/official.json, which the offline test reads, against the official package: names, numbers and
// defaults, nothing else. `--write` writes it.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { official, version } from './official.mjs';

const file = fileURLToPath(new URL('../test/official.json', import.meta.url));
const load = createRequire(import.meta.url);
const entry = join(official, 'liteav/index.d.ts');
const program = ts.createProgram([entry], { skipLibCheck: true, types: ['node'], strict: true });
const checker = program.getTypeChecker();
const facts = { version, members: [], statics: [], enums: {}, constants: {}, classes: {} };

for (const symbol of checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(entry)))) {
  const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  const declaration = target.declarations[0];
  if (ts.isEnumDeclaration(declaration)) facts.enums[symbol.name] = valuesOf(declaration);
  else if (symbol.name === 'default') listMembers(declaration);
  else if (ts.isClassDeclaration(declaration)) facts.classes[symbol.name] = methodsOf(declaration);
}
const define = load(join(official, 'liteav/trtc_define.js'));
for (const [name, value] of Object.entries(define)) {
  if (typeof value === 'function') facts.classes[name] = JSON.parse(JSON.stringify(new value()));
}
Object.assign(facts.constants, load(join(official, 'liteav/trtc_code.js')));

const text = `${JSON.stringify(facts, null, 1)}\n`;
if (process.argv.includes('--write')) writeFileSync(file, text);
if (readFileSync(file, 'utf8') !== text) {
  console.error('test/official.json differs from the official package: node facts.mjs --write');
  process.exitCode = 1;
} else console.log(`facts: test/official.json is that of ${version}`);

function valuesOf(declaration) {
  return Object.fromEntries(declaration.members.map((m) => [m.name.getText(), checker.getConstantValue(m)]));
}

function methodsOf(declaration) {
  const flags = ts.ModifierFlags.Private | ts.ModifierFlags.Static;
  const methods = declaration.members.filter(
    (m) => ts.isMethodDeclaration(m) && !(ts.getCombinedModifierFlags(m) & flags),
  );
  return [...new Set(methods.map((m) => m.name.getText()))];
}

function listMembers(declaration) {
  facts.members = methodsOf(declaration);
  facts.statics = declaration.members
    .filter((m) => ts.isMethodDeclaration(m) && ts.getCombinedModifierFlags(m) === ts.ModifierFlags.Static)
    .map((m) => m.name.getText());
}
