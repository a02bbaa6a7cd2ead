// Text on its ground has a contrast of at least 4.5, and the edges of controls one of 3 (WCAG 2.2 §1.4.3, §1.4.11).
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const css = readFileSync(new URL('../src/styles/tokens.css', import.meta.url), 'utf8');
const [lightPart, darkPart] = css.split('@media (prefers-color-scheme: dark)');
const tokens = (part) => Object.fromEntries([...part.matchAll(/--([\w-]+):\s*([^;]+);/g)].map(([, k, v]) => [k, v]));
const light = tokens(lightPart);
const schemes = { light, dark: { ...light, ...tokens(darkPart) } };

/** The hues of the tiles, as call.css has them. */
const calls = readFileSync(new URL('../src/styles/call.css', import.meta.url), 'utf8');
const hues = [...calls.matchAll(/\.tint-\d \{\s*--hue: (\d+)/g)].map(([, hue]) => Number(hue));

const fromHex = (hex) => [1, 3, 5].map((i) => linear(Number.parseInt(hex.slice(i, i + 2), 16) / 255));
const linear = (v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);

/** CSS Color 4 §9: oklch to linear light, clipped to what a screen has. */
function fromOklch(lightness, chroma, hue) {
  const a = chroma * Math.cos((hue * Math.PI) / 180);
  const b = chroma * Math.sin((hue * Math.PI) / 180);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const rgb = [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
  return rgb.map((v) => Math.min(1, Math.max(0, v)));
}

const luminance = ([r, g, b]) => 0.2126 * r + 0.7152 * g + 0.0722 * b;
function contrast(one, other) {
  const [bright, dim] = [luminance(one), luminance(other)].sort((x, y) => y - x);
  return (bright + 0.05) / (dim + 0.05);
}

const TEXT = 4.5;
const EDGE = 3;
const pairs = [
  ['ink', 'ground', TEXT],
  ['ink', 'ground-2', TEXT],
  ['ink', 'sheet', TEXT],
  ['ink-2', 'ground', TEXT],
  ['ink-2', 'ground-2', TEXT],
  ['ink-2', 'sheet', TEXT],
  ['on-accent', 'accent', TEXT],
  ['on-accent', 'accent-2', TEXT],
  ['danger-ink', 'danger-soft', TEXT],
  ['danger-ink', 'ground', TEXT],
  ['warm-ink', 'warm-soft', TEXT],
  ['edge', 'sheet', EDGE],
  ['edge', 'ground', EDGE],
  ['accent', 'ground', EDGE],
  ['voice', 'ground', EDGE],
];

for (const [name, scheme] of Object.entries(schemes)) {
  test(`${name}: every text stands out from its ground`, () => {
    for (const [front, back, least] of pairs) {
      const found = contrast(fromHex(scheme[front]), fromHex(scheme[back]));
      assert.ok(found >= least, `${front} on ${back}: ${found.toFixed(2)}, wanted ${least}`);
    }
  });

  test(`${name}: initials stand out from every tile`, () => {
    assert.equal(hues.length, 8);
    const part = (key) => Number.parseFloat(scheme[key]) / (scheme[key].endsWith('%') ? 100 : 1);
    for (const hue of hues) {
      const ink = fromOklch(part('face-ink-l'), part('face-ink-c'), hue);
      // The disc behind the initials is 14 % of their own colour, mixed in oklab as call.css says; the hue is the same.
      const mixed = (key, ink) => part(key) * 0.86 + part(ink) * 0.14;
      const disc = fromOklch(mixed('face-l', 'face-ink-l'), mixed('face-c', 'face-ink-c'), hue);
      assert.ok(contrast(ink, disc) >= TEXT, `hue ${hue}: ${contrast(ink, disc).toFixed(2)}`);
    }
  });
}
