/* The home: areas of tiles, made once and told of every change; what is touched goes to /api/call. */
import { icon, iconOf } from './icons.js';
import { words } from './words.js';

const passive = new Set(['sensor', 'binary_sensor', 'person', 'device_tracker', 'weather', 'number']);
const instant = new Set(['scene', 'script', 'button']);
const hidden = new Set(['todo', 'automation', 'update', 'event']);
const dangerous = /garage|gate/;

export function make(tag, className, text) {
  const n = document.createElement(tag);
  if (className) n.className = className;
  if (text !== undefined) n.textContent = text;
  return n;
}

/* A button with a text, or with an icon and a label. */
export function button(className, text, act, iconName) {
  const b = make('button', className, iconName ? undefined : text);
  b.type = 'button';
  if (iconName) {
    b.innerHTML = icon(iconName);
    b.title = text;
    b.setAttribute('aria-label', text);
  }
  b.addEventListener('click', act);
  return b;
}

/* Inside its room an entity need not say the room's name again. */
function shortName(e) {
  const rest = e.area && e.name.toLowerCase().startsWith(e.area.toLowerCase()) ? e.name.slice(e.area.length).trim() : '';
  return rest.length > 1 ? rest[0].toUpperCase() + rest.slice(1) : e.name;
}

const round = (x, d = 0) => { const f = 10 ** d; return Math.round(x * f) / f; };
const can = (e, verb) => e.can.includes(verb);
export const isOn = (e) => e.active && e.domain !== 'select' && e.state !== 'unavailable';

/* Where an entity's slider stands, 0 to 100; null if there is none. */
function level(e) {
  const a = e.attributes;
  switch (e.domain) {
    case 'light': return can(e, 'set_brightness') ? (e.state === 'on' ? round((a.brightness ?? 255) / 2.55) : 0) : null;
    case 'cover': case 'valve': return can(e, 'set_position') ? a.current_position ?? (e.state === 'open' ? 100 : 0) : null;
    case 'fan': return can(e, 'set_speed') ? (e.state === 'on' ? a.percentage ?? 100 : 0) : null;
    case 'media_player': return can(e, 'set_volume') ? round((a.volume_level ?? 0.3) * 100) : null;
    case 'humidifier': return can(e, 'set_humidity') ? a.humidity ?? 50 : null;
    default: return null;
  }
}

const position = ['HassSetPosition', 'position', 'position'];
const sliders = {
  light: ['HassLightSet', 'brightness', 'brightness'], cover: position, valve: position, fan: ['HassFanSetSpeed', 'percentage', 'speed'],
  media_player: ['HassSetVolume', 'volume_level', 'volume'], humidifier: ['HassHumidifierSetpoint', 'humidity', 'humidity'],
};

/* The state in words. */
export function stateText(e) {
  const w = words(), a = e.attributes, s = e.state;
  if (s === null || s === 'unknown') return w.unknown;
  const word = w.state[s] || (/^[a-z_]+$/.test(s) ? (s[0].toUpperCase() + s.slice(1)).replace(/_/g, ' ') : s);
  switch (e.domain) {
    case 'light': return s === 'on' && can(e, 'set_brightness') && a.brightness != null ? `${round(a.brightness / 2.55)}%` : word;
    case 'cover': case 'valve': return a.current_position > 0 && a.current_position < 100 ? `${a.current_position}%` : word;
    case 'fan': return s === 'on' && a.percentage ? `${a.percentage}%` : word;
    case 'climate': case 'water_heater': return s !== 'off' && a.temperature != null ? `${word} · ${round(a.temperature, 1)}°` : word;
    case 'media_player': return s === 'playing' && (a.media_title || a.source) ? a.media_title || a.source : word;
    case 'humidifier': return s === 'on' && a.humidity != null ? `${a.humidity}%` : word;
    case 'sensor': return /^-?[\d.]+$/.test(s) ? `${round(Number(s), 1)}${e.unit ? (e.unit.startsWith('°') || e.unit === '%' ? '' : ' ') + e.unit : ''}` : word;
    case 'binary_sensor': { const pair = w.sensed[e.class]?.split('/'); return pair ? pair[s === 'on' ? 0 : 1] : word; }
    case 'weather': return a.temperature != null ? `${word} ${round(a.temperature)}°` : word;
    default: return word;
  }
}

/* A warm white lamp looks warm, a red one red. */
function glow(e) {
  const a = e.attributes;
  if (e.domain !== 'light' || e.state !== 'on') return '';
  if (Array.isArray(a.rgb_color)) return `rgb(${a.rgb_color.join(' ')})`;
  if (a.color_temp_kelvin) return a.color_temp_kelvin > 4600 ? '#8fb8e8' : a.color_temp_kelvin > 3600 ? '#e8b661' : '';
  return '';
}

export class Home {
  /* call(name, args, options) sends a tool call and resolves to its result; confirm(text) asks the person. */
  constructor(nodes, call, confirm) {
    Object.assign(this, nodes);
    this.call = call;
    this.ask = confirm;
    this.tiles = new Map();
    this.room = null;
  }

  /* Sends a call for an entity; what lets somebody in is asked about first, and once more if the server wants it. */
  async send(e, name, slots, question) {
    const args = { name: e.name, ...(e.area && { area: e.area }), domain: e.domain, ...slots };
    const options = {};
    if (question) {
      if (!await this.ask(words().confirm(`${question} ${e.name}`))) { this.refresh(e); return; }
      options.confirmed = true;
    }
    const result = await this.call(name, args, options);
    if (result?.outcome === 'needs_confirm' && await this.ask(result.reply)) await this.call(name, args, { confirmed: true });
    else if (result?.outcome !== 'done') this.refresh(e);
  }

  refresh(e) { this.tiles.get(e.id)?.update(this.home.entities.find((x) => x.id === e.id)); }

  toggle(e) {
    const w = words(), active = isOn(e);
    if (e.domain === 'lock') return this.send(e, e.state === 'locked' ? 'HassTurnOff' : 'HassTurnOn', {}, e.state === 'locked' ? w.unlock : '');
    if (e.domain === 'cover' || e.domain === 'valve') {
      const opens = !active;
      return this.send(e, opens ? 'HassTurnOn' : 'HassTurnOff', {}, opens && (e.domain === 'valve' || dangerous.test(e.class)) ? w.open : '');
    }
    if (e.domain === 'vacuum') return this.send(e, active ? 'HassVacuumReturnToBase' : 'HassVacuumStart', {});
    if (e.domain === 'lawn_mower') return this.send(e, active ? 'HassLawnMowerDock' : 'HassLawnMowerStartMowing', {});
    if (e.domain === 'media_player' && e.state === 'playing' && can(e, 'media_pause')) return this.send(e, 'HassMediaPause', {});
    if (e.domain === 'media_player' && e.state === 'paused') return this.send(e, 'HassMediaUnpause', {});
    if (e.domain === 'select') return this.tiles.get(e.id).querySelector('select')?.focus();
    if (e.domain === 'button') return this.send(e, 'HearthPress', {});
    return this.send(e, active ? 'HassTurnOff' : 'HassTurnOn', {});
  }

  slider(e) {
    const [tool, slot, label] = sliders[e.domain], least = e.domain === 'light' ? 1 : 0;
    const s = make('input', 'slider');
    s.type = 'range';
    s.min = least;
    s.max = 100;
    s.setAttribute('aria-label', `${e.name} ${words()[label]}`);
    const paint = () => s.style.setProperty('--at', `${((s.value - s.min) / (s.max - s.min)) * 100}%`);
    s.show = (x) => { if (!s.held) { s.value = level(x); paint(); } };
    s.addEventListener('input', () => { s.held = true; paint(); });
    s.addEventListener('change', () => { s.held = false; this.send(e, tool, { [slot]: Number(s.value) }); });
    return s;
  }

  /* Degrees with a button on either side; several presses make one call. */
  thermostat(e) {
    const w = words(), value = make('output');
    let wanted = null, timer = 0;
    const show = (t) => { value.textContent = t != null ? `${round(t, 1)}°` : '–'; };
    const step = (by) => {
      const { temperature, min_temp: lo = 5, max_temp: hi = 35 } = this.entity(e.id).attributes;
      wanted = Math.min(hi, Math.max(lo, (wanted ?? temperature ?? 24) + by));
      show(wanted);
      clearTimeout(timer);
      timer = setTimeout(() => { const t = wanted; wanted = null; this.send(e, 'HassClimateSetTemperature', { temperature: t }); }, 450);
    };
    value.show = (x) => { if (wanted === null) show(x.attributes.temperature); };
    return [button('mini', `${e.name} ${w.cooler}`, () => step(-1), 'minus'), value, button('mini', `${e.name} ${w.warmer}`, () => step(1), 'plus')];
  }

  entity(id) { return this.home.entities.find((e) => e.id === id); }

  choice(e) {
    const options = e.attributes.options;
    if (!Array.isArray(options)) return null;
    const s = make('select', 'choice');
    s.setAttribute('aria-label', e.name);
    options.forEach((o) => s.append(new Option(o, o)));
    s.addEventListener('change', () => this.send(e, 'HearthSelectOption', { option: s.value }));
    s.show = (x) => { s.value = x.state; };
    return s;
  }

  /* What stands under a tile's face, in one row. */
  controls(e) {
    const w = words(), small = (label, name, tool) => button('mini', `${e.name} ${label}`, () => this.send(e, tool, {}), name);
    if (level(e) !== null) {
      const s = this.slider(e);
      if (e.domain === 'media_player' && can(e, 'media_next')) return [small(w.previous, 'previous', 'HassMediaPrevious'), s, small(w.next, 'next', 'HassMediaNext')];
      if (e.domain === 'cover' && can(e, 'stop')) return [s, small(w.stop, 'stop', 'HassStopMoving')];
      return [s];
    }
    if ((e.domain === 'climate' || e.domain === 'water_heater') && can(e, 'set_temperature')) return this.thermostat(e);
    const choice = e.domain === 'select' && this.choice(e);
    return choice ? [choice] : [];
  }

  makeTile(e) {
    const tile = make('article', `tile ${e.domain}`), face = button('face', undefined, () => this.toggle(this.entity(e.id)));
    const mark = make('span', 'mark'), state = make('span', 'state'), controls = this.controls(e);
    face.append(mark, make('span', 'name', shortName(e)), state);
    tile.append(face);
    if (controls.length) {
      const row = make('div', 'controls');
      row.append(...controls);
      tile.append(row);
    }
    tile.update = (x, changed) => {
      const on = isOn(x);
      tile.classList.toggle('on', on);
      tile.classList.toggle('away', x.state === 'unavailable');
      mark.innerHTML = icon(iconOf(x));
      state.textContent = stateText(x);
      face.setAttribute('aria-pressed', String(on));
      face.setAttribute('aria-label', `${x.name}, ${stateText(x)}`);
      const color = glow(x);
      if (color) tile.style.setProperty('--lit', color); else tile.style.removeProperty('--lit');
      controls.forEach((n) => n.show?.(x));
      if (changed) {
        tile.classList.remove('changed');
        void tile.offsetWidth; /* starts the animation anew */
        tile.classList.add('changed');
      }
    };
    tile.update(e);
    return tile;
  }

  makeChip(e) {
    const chip = make('span', `chip ${e.domain}`), mark = make('span', 'mark'), text = make('span');
    chip.append(mark, text);
    chip.update = (x) => {
      mark.innerHTML = icon(iconOf(x));
      text.textContent = e.domain === 'sensor' && ['temperature', 'humidity'].includes(e.class) ? stateText(x) : `${shortName(x)} ${stateText(x)}`;
      chip.title = `${x.name} ${stateText(x)}`;
      chip.classList.toggle('on', x.domain === 'binary_sensor' && x.state === 'on');
    };
    chip.update(e);
    return chip;
  }

  makeAction(e) {
    const b = button('action', e.name, () => { b.classList.add('fired'); setTimeout(() => b.classList.remove('fired'), 700); this.toggle(e); }, iconOf(e));
    b.append(make('span', '', e.name));
    b.update = () => {};
    return b;
  }

  /* Draws the whole home anew. */
  show(home) {
    this.home = home;
    this.tiles.clear();
    this.areas.replaceChildren();
    this.strip.replaceChildren();
    this.facts.replaceChildren();
    const shown = home.entities.filter((e) => !hidden.has(e.domain));
    const order = ['light', 'climate', 'water_heater', 'cover', 'fan', 'media_player', 'humidifier', 'switch', 'lock'];
    const tall = (e) => level(e) !== null || can(e, 'set_temperature') || e.domain === 'select';
    const rank = (e) => (tall(e) ? 0 : 50) + ((order.indexOf(e.domain) + 50) % 50);
    const groups = [...home.areas.map((a) => [a.name, a.floor]), [null, null]];
    this.sections = [];
    for (const [area, floor] of groups) {
      const members = shown.filter((e) => (e.area ?? null) === area);
      const tiles = members.filter((e) => !passive.has(e.domain) && !instant.has(e.domain)).sort((a, b) => rank(a) - rank(b));
      const chips = members.filter((e) => passive.has(e.domain) && (area || e.domain !== 'weather')), actions = members.filter((e) => instant.has(e.domain));
      if (!members.length) continue;
      this.addArea(area, floor, tiles, chips, actions);
    }
    if (!shown.length) this.areas.append(make('p', 'none', words().empty));
    this.showRooms();
    this.count();
  }

  addArea(area, floor, tiles, chips, actions) {
    const section = make('section', 'area'), head = make('header'), grid = make('div', 'grid');
    const title = make('h2', '', area ?? words().elsewhere), facts = make('p', 'facts'), count = make('span', 'count');
    if (floor && this.home.floors.length > 1) title.append(make('small', '', floor));
    head.append(title, count);
    section.setAttribute('aria-label', area ?? words().elsewhere);
    const add = (e, node, parent) => { this.tiles.set(e.id, node); parent.append(node); };
    chips.forEach((e) => add(e, this.makeChip(e), area === null ? this.facts : facts));
    actions.forEach((e) => add(e, this.makeAction(e), area === null ? this.strip : facts));
    tiles.forEach((e) => add(e, this.makeTile(e), grid));
    if (facts.childElementCount) head.append(facts);
    section.append(head, grid);
    if (area !== null || tiles.length) {
      this.areas.append(section);
      this.sections.push({ area, section, count, ids: tiles.map((e) => e.id) });
    }
  }

  showRooms() {
    const w = words(), names = [null, ...this.sections.map((s) => s.area).filter((a) => a !== null)];
    if (!names.includes(this.room)) this.room = null;
    this.rooms.replaceChildren(...names.map((name) => {
      const b = button('room', name ?? w.all, () => { this.room = name; this.showRooms(); });
      b.setAttribute('aria-pressed', String(name === this.room));
      return b;
    }));
    this.sections.forEach((s) => { s.section.hidden = this.room !== null && s.area !== this.room; });
    this.areas.classList.toggle('one', this.room !== null);
  }

  /* How many things are on, for the areas and the top line. */
  count() {
    const w = words();
    for (const s of this.sections) {
      const n = s.ids.filter((id) => { const e = this.entity(id); return isOn(e) && e.domain !== 'lock'; }).length;
      s.count.textContent = n ? w.on(n) : '';
    }
    const lights = this.home.entities.filter((e) => e.domain === 'light' && e.state === 'on').length;
    const weather = this.home.entities.find((e) => e.domain === 'weather');
    this.summary.textContent = [weather && stateText(weather), lights ? w.lights(lights) : ''].filter(Boolean).join(' · ');
  }

  change(entities) {
    for (const e of entities) {
      const i = this.home.entities.findIndex((x) => x.id === e.id);
      if (i < 0) continue;
      this.home.entities[i] = e;
      this.tiles.get(e.id)?.update(e, true);
    }
    this.count();
  }
}
