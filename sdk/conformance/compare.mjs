// Compares two TypeScript declarations: every public member of the default-exported class, and every other export.
import { realpathSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import ts from 'typescript';

const options = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  strict: true,
  skipLibCheck: true,
  noEmit: true,
  lib: ['lib.es2022.d.ts', 'lib.dom.d.ts'],
  types: ['node'],
  esModuleInterop: true,
};

const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;
const isPublic = (symbol) =>
  !(symbol.declarations ?? []).some((d) => ts.getCombinedModifierFlags(d) & hidden) && !/^(#|__)/.test(symbol.name);

/**
 * Returns {members, statics, exports}. A member is {name, deprecated, state} with state 'missing', 'incompatible' or
 * 'assignable', and for an incompatible one both types. `exports` counts by kind, with the names that differ.
 */
export function compare(officialEntry, ourEntry) {
  const [theirs, ours] = [officialEntry, ourEntry].map((file) => resolve(file));
  const program = ts.createProgram([theirs, ours], options);
  const checker = program.getTypeChecker();
  const context = {
    checker,
    location: program.getSourceFile(ours),
    root: dirname(realpathSync(theirs)),
  };
  const [official, own] = [theirs, ours].map((file) => exportsOf(checker, program.getSourceFile(file)));
  const [theirClass, ourClass] = [official, own].map((exports) => exports.get('default'));
  const instance = (symbol) => checker.getDeclaredTypeOfSymbol(symbol);
  const statics = (symbol) => checker.getTypeOfSymbolAtLocation(symbol, context.location);
  return {
    members: compareMembers(context, instance(theirClass), instance(ourClass)),
    statics: compareMembers(context, statics(theirClass), statics(ourClass)),
    exports: compareExports(context, official, own),
  };
}

function exportsOf(checker, file) {
  if (!file) throw new Error('no such declaration file');
  const symbols = checker.getExportsOfModule(checker.getSymbolAtLocation(file));
  const target = (s) => (s.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(s) : s);
  return new Map(symbols.map((symbol) => [symbol.name, target(symbol)]));
}

function isDeclaredIn(symbol, root) {
  return (symbol.declarations ?? []).some((d) => d.getSourceFile().fileName.startsWith(root));
}

function compareMembers({ checker, location, root }, theirs, ours) {
  // What the official class inherits from Node's EventEmitter is not counted: its declaration is not in its package.
  const members = theirs.getProperties().filter((p) => isPublic(p) && isDeclaredIn(p, root));
  return members.map((member) => {
    const deprecated = member.getJsDocTags(checker).some((tag) => tag.name === 'deprecated');
    const found = ours.getProperty(member.name);
    if (!found || !isPublic(found)) return { name: member.name, deprecated, state: 'missing' };
    const [official, own] = [member, found].map((s) => checker.getTypeOfSymbolAtLocation(s, location));
    if (checker.isTypeAssignableTo(own, official)) return { name: member.name, deprecated, state: 'assignable' };
    const types = { official: checker.typeToString(official), ours: checker.typeToString(own) };
    return { name: member.name, deprecated, state: 'incompatible', ...types };
  });
}

const kinds = [
  ['enum', ts.SymbolFlags.Enum],
  ['class', ts.SymbolFlags.Class],
  ['interface', ts.SymbolFlags.Interface],
  ['type', ts.SymbolFlags.TypeAlias],
  ['function', ts.SymbolFlags.Function],
];
const kindOf = (symbol) => kinds.find(([, flag]) => symbol.flags & flag)?.[0] ?? 'const';

function compareExports(context, official, own) {
  const result = {};
  for (const [name, theirs] of official) {
    if (name === 'default') continue;
    const kind = kindOf(theirs);
    result[kind] ??= { total: 0, present: 0, members: 0, membersPresent: 0, missing: [], wrong: [] };
    const counts = result[kind];
    const ours = own.get(name);
    counts.total++;
    if (!ours) counts.missing.push(name);
    else counts.present++;
    if (kind === 'enum') compareEnum(context, counts, name, theirs, ours);
    else if (ours) compareFields(context, counts, name, theirs, ours);
  }
  return result;
}

function compareEnum({ checker }, counts, name, theirs, ours) {
  const value = (symbol) => (symbol?.declarations ?? []).filter(ts.isEnumMember).map(checker.getConstantValue)[0];
  for (const [member, symbol] of theirs.exports) {
    counts.members++;
    const found = ours?.exports?.get(member);
    if (!found) counts.missing.push(`${name}.${member}`);
    else counts.membersPresent++;
    const [a, b] = [value(symbol), value(found)];
    if (found && a !== b) counts.wrong.push(`${name}.${member}: official ${a}, ours ${b}`);
  }
}

function compareFields(context, counts, name, theirs, ours) {
  const { checker, location, root } = context;
  const isConst = kindOf(theirs) === 'const';
  const typeOf = (s) => (isConst ? checker.getTypeOfSymbolAtLocation(s, location) : checker.getDeclaredTypeOfSymbol(s));
  for (const field of typeOf(theirs).getProperties()) {
    if (!isPublic(field) || !isDeclaredIn(field, root)) continue;
    counts.members++;
    if (typeOf(ours).getProperty(field.name)) counts.membersPresent++;
    else counts.missing.push(`${name}.${field.name}`);
  }
}
