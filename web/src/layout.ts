// Where the tiles stand: as large as they can be, all in sight, no scrolling. Pure arithmetic, in CSS pixels.

export interface Rect {
  x: number;
  y: number;
  w: number;
  h: number;
}

export interface Size {
  w: number;
  h: number;
}

/** Where everything goes. When not all tiles fit, shown is less than the count and `more` is the place that says so. */
export interface Plan {
  stage?: Rect;
  tiles: Rect[];
  shown: number;
  more?: Rect;
}

export const GAP = 10;
/** A face smaller than this cannot be recognised. */
const TILE_MIN: Size = { w: 96, h: 84 };
/** Beside a shared screen faces may be smaller: the screen is what people look at. */
const STRIP_MIN: Size = { w: 68, h: 64 };
/** The widest and the narrowest shape of a tile: 16:9 as cameras have it, 4:5 for telephones held upright. */
const RATIO_MAX = 16 / 9;
const RATIO_MIN = 4 / 5;

/** plan places `count` camera tiles in an area, beside a stage when somebody shares a screen. */
export function plan(area: Size, count: number, stage: 'stage' | 'none'): Plan {
  if (area.w <= 0 || area.h <= 0) return { tiles: [], shown: 0 };
  if (stage === 'none') return fill({ x: 0, y: 0, ...area }, count, gridCapacity(area));
  return area.w > area.h * 1.15 ? stageBeside(area, count) : stageAbove(area, count);
}

function gridCapacity(area: Size): number {
  const across = Math.floor((area.w + GAP) / (TILE_MIN.w + GAP));
  const down = Math.floor((area.h + GAP) / (TILE_MIN.h + GAP));
  return Math.max(1, across * down);
}

function fill(area: Rect, count: number, capacity: number): Plan {
  const places = grid(area, Math.min(count, capacity));
  if (count <= capacity) return { tiles: places, shown: count };
  return { tiles: places.slice(0, -1), shown: capacity - 1, more: places[places.length - 1] };
}

function stageBeside(area: Size, count: number): Plan {
  const strip = Math.min(280, Math.max(TILE_MIN.w, area.w * 0.2));
  const w = area.w - strip - GAP;
  const room = Math.max(1, Math.floor((area.h + GAP) / (STRIP_MIN.h + GAP)));
  const side = fill({ x: w + GAP, y: 0, w: strip, h: area.h }, count, room);
  return { ...side, stage: { x: 0, y: 0, w, h: area.h } };
}

function stageAbove(area: Size, count: number): Plan {
  const strip = Math.min(200, Math.max(TILE_MIN.h, area.h * 0.2));
  const h = area.h - strip - GAP;
  const room = Math.max(1, Math.floor((area.w + GAP) / (STRIP_MIN.w + GAP)));
  const below = fill({ x: 0, y: h + GAP, w: area.w, h: strip }, count, room);
  return { ...below, stage: { x: 0, y: 0, w: area.w, h } };
}

/** grid tries every number of columns and keeps the one with the largest tiles; a short last row is centred. */
export function grid(area: Rect, count: number): Rect[] {
  let best: Size & { columns: number } = { w: 0, h: 0, columns: 1 };
  for (let columns = 1; columns <= count; columns++) {
    const tile = tileSize(area, columns, Math.ceil(count / columns));
    if (tile.w * tile.h > best.w * best.h * 1.001) best = { ...tile, columns };
  }
  const rows = Math.ceil(count / best.columns);
  const top = area.y + (area.h - rows * best.h - (rows - 1) * GAP) / 2;
  const places: Rect[] = [];
  for (let i = 0; i < count; i++) {
    const row = Math.floor(i / best.columns);
    const inRow = Math.min(best.columns, count - row * best.columns);
    const left = area.x + (area.w - inRow * best.w - (inRow - 1) * GAP) / 2;
    const x = left + (i % best.columns) * (best.w + GAP);
    places.push({ x: Math.round(x), y: Math.round(top + row * (best.h + GAP)), w: best.w, h: best.h });
  }
  return places;
}

function tileSize(area: Rect, columns: number, rows: number): Size {
  let w = (area.w - GAP * (columns - 1)) / columns;
  let h = (area.h - GAP * (rows - 1)) / rows;
  if (w <= 0 || h <= 0) return { w: 0, h: 0 };
  if (w / h > RATIO_MAX) w = h * RATIO_MAX;
  if (w / h < RATIO_MIN) h = w / RATIO_MIN;
  return { w: Math.floor(w), h: Math.floor(h) };
}

/** choose picks who is in sight when not all fit: the own tile, then whoever spoke last, in the order of entry. */
export function choose(users: string[], places: number, spokeAt: Record<string, number>): string[] {
  if (users.length <= places) return users;
  const bySpeech = users.slice(1).sort((a, b) => (spokeAt[b] ?? 0) - (spokeAt[a] ?? 0));
  const seen = new Set([users[0], ...bySpeech.slice(0, Math.max(0, places - 1))]);
  return users.filter((user) => seen.has(user)).slice(0, places);
}
