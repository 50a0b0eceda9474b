/* The home: areas of tiles. Tiles are made once and told of every change; what is touched goes to /api/call. */
import { icon, iconOf } from './icons.js';
import { words, language } from './words.js';

const passive = new Set(['sensor', 'binary_sensor', 'person', 'device_tracker', 'weather', 'sun', 'zone']);
const instant = new Set(['scene', 'script', 'button']);
const hidden = new Set(['todo', 'automation', 'update', 'event', 'calendar']);
const dangerousClasses = new Set(['garage', 'gate', 'garage_door']);

export function make(tag, className, text) {
  const n = document.createElement(tag);
  if (className) n.className = className;
  if (text !== undefined) n.textContent = text;
  return n;
}

function button(className, label, iconName, act) {
  const b = make('button', className);
  b.type = 'button';
  b.innerHTML = icon(iconName);
  b.setAttribute('aria-label', label);
  b.title = label;
  b.addEventListener('click', act);
  return b;
}

const round = (x, d = 0) => { const f = 10 ** d; return Math.round(x * f) / f; };
const can = (e, verb) => e.can.includes(verb);
export const isOn = (e) => e.active && e.state !== 'unavailable';

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

const sliders = {
  light: ['HassLightSet', 'brightness', 'brightness', 1], cover: ['HassSetPosition', 'position', 'position', 0], valve: ['HassSetPosition', 'position', 'position', 0],
  fan: ['HassFanSetSpeed', 'percentage', 'speed', 0], media_player: ['HassSetVolume', 'volume_level', 'volume', 0], humidifier: ['HassHumidifierSetpoint', 'humidity', 'humidity', 0],
};

/* The state in words. */
export function stateText(e) {
  const w = words(), a = e.attributes, s = e.state;
  if (s === null || s === 'unknown') return w.unknown;
  const word = w.state[s] || (/^[a-z_]+$/.test(s) ? s.replace(/_/g, ' ') : s);
  switch (e.domain) {
    case 'light': return s === 'on' && can(e, 'set_brightness') && a.brightness != null ? `${round(a.brightness / 2.55)}%` : word;
    case 'cover': case 'valve': return a.current_position > 0 && a.current_position < 100 ? `${a.current_position}%` : word;
    case 'fan': return s === 'on' && a.percentage ? `${a.percentage}%` : word;
    case 'climate': case 'water_heater': return s !== 'off' && a.temperature != null ? `${word} · ${round(a.temperature, 1)}°` : word;
    case 'media_player': return s === 'playing' && (a.media_title || a.source) ? a.media_title || a.source : word;
    case 'humidifier': return s === 'on' && a.humidity != null ? `${a.humidity}%` : word;
    case 'sensor': return /^-?[\d.]+$/.test(s) ? `${round(Number(s), 1)}${e.unit ? (e.unit.startsWith('°') || e.unit === '%' ? '' : ' ') + e.unit : ''}` : word;
    case 'binary_sensor': { const pair = w.sensed[e.class]; return pair ? pair[s === 'on' ? 0 : 1] : word; }
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

  target(e) {
    const t = { name: e.name };
    if (e.area) t.area = e.area;
    t.domain = e.domain;
    return t;
  }

  /* Sends a call for an entity; what lets somebody in is asked about first, and once more if the server wants it. */
  async send(e, name, slots, question) {
    const args = { ...this.target(e), ...slots };
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
      return this.send(e, opens ? 'HassTurnOn' : 'HassTurnOff', {}, opens && (e.domain === 'valve' || dangerousClasses.has(e.class)) ? w.open : '');
    }
    if (e.domain === 'vacuum') return this.send(e, active ? 'HassVacuumReturnToBase' : 'HassVacuumStart', {});
    if (e.domain === 'lawn_mower') return this.send(e, active ? 'HassLawnMowerDock' : 'HassLawnMowerStartMowing', {});
    if (e.domain === 'media_player' && e.state === 'playing' && can(e, 'media_pause')) return this.send(e, 'HassMediaPause', {});
    if (e.domain === 'media_player' && e.state === 'paused') return this.send(e, 'HassMediaUnpause', {});
    if (e.domain === 'button') return this.send(e, 'HearthPress', {});
    return this.send(e, active ? 'HassTurnOff' : 'HassTurnOn', {});
  }

  slider(e) {
    const [tool, slot, label, least] = sliders[e.domain];
    const s = make('input', 'slider');
    s.type = 'range';
    s.min = least;
    s.max = 100;
    s.setAttribute('aria-label', `${e.name} ${words()[label]}`);
    const paint = () => s.style.setProperty('--at', `${((s.value - s.min) / (s.max - s.min)) * 100}%`);
    s.show = (value) => { if (!s.held) { s.value = value; paint(); } };
    s.addEventListener('input', () => { s.held = true; paint(); });
    s.addEventListener('change', () => { s.held = false; this.send(e, tool, { [slot]: Number(s.value) }); });
    return s;
  }

  /* Degrees with a button on either side; several presses make one call. */
  thermostat(e) {
    const w = words(), box = make('div', 'thermo'), value = make('output');
    let wanted = null, timer = 0;
    const step = (by) => {
      const now = wanted ?? this.entity(e.id).attributes.temperature ?? 24;
      wanted = Math.min(35, Math.max(5, now + by));
      value.textContent = `${round(wanted, 1)}°`;
      clearTimeout(timer);
      timer = setTimeout(() => { const t = wanted; wanted = null; this.send(e, 'HassClimateSetTemperature', { temperature: t }); }, 450);
    };
    box.append(button('mini', `${e.name} ${w.cooler}`, 'minus', () => step(-1)), value, button('mini', `${e.name} ${w.warmer}`, 'plus', () => step(1)));
    box.show = (x) => { if (wanted === null) value.textContent = x.attributes.temperature != null ? `${round(x.attributes.temperature, 1)}°` : '–'; };
    return box;
  }

  entity(id) { return this.home.entities.find((e) => e.id === id); }

  transport(e) {
    const w = words(), box = make('div', 'transport');
    const play = button('mini', w.play, 'play', () => this.send(e, this.entity(e.id).state === 'playing' ? 'HassMediaPause' : 'HassMediaUnpause', {}));
    box.append(button('mini', `${e.name} ${w.previous}`, 'previous', () => this.send(e, 'HassMediaPrevious', {})), play, button('mini', `${e.name} ${w.next}`, 'next', () => this.send(e, 'HassMediaNext', {})));
    box.show = (x) => {
      play.innerHTML = icon(x.state === 'playing' ? 'pause' : 'play');
      play.setAttribute('aria-label', `${e.name} ${x.state === 'playing' ? w.pause : w.play}`);
    };
    return box;
  }

  coverButtons(e) {
    const w = words(), box = make('div', 'transport');
    box.append(button('mini', `${e.name} ${w.close}`, 'down', () => this.send(e, 'HassTurnOff', {})), button('mini', `${e.name} ${w.stop}`, 'stop', () => this.send(e, 'HassStopMoving', {})),
      button('mini', `${e.name} ${w.open}`, 'up', () => this.send(e, 'HassTurnOn', {}, dangerousClasses.has(e.class) ? w.open : '')));
    box.show = () => {};
    return box;
  }

  choice(e) {
    const options = e.domain === 'select' ? e.attributes.options : null;
    if (!Array.isArray(options)) return null;
    const s = make('select', 'choice');
    s.setAttribute('aria-label', e.name);
    options.forEach((o) => s.append(new Option(o, o)));
    s.addEventListener('change', () => this.send(e, 'HearthSelectOption', { option: s.value }));
    s.show = (x) => { s.value = x.state; };
    return s;
  }

  makeTile(e) {
    const tile = make('article', `tile ${e.domain}`);
    const face = make('button', 'face');
    face.type = 'button';
    const mark = make('span', 'mark'), name = make('span', 'name', e.name), state = make('span', 'state');
    face.append(mark, name, state);
    face.addEventListener('click', () => this.toggle(this.entity(e.id)));
    tile.append(face);
    const controls = [];
    if (level(e) !== null) { const s = this.slider(e); s.update = (x) => s.show(level(x)); controls.push(s); }
    if ((e.domain === 'climate' || e.domain === 'water_heater') && can(e, 'set_temperature')) { const t = this.thermostat(e); t.update = (x) => t.show(x); controls.unshift(t); }
    if (e.domain === 'media_player' && can(e, 'media_next')) { const t = this.transport(e); t.update = (x) => t.show(x); controls.unshift(t); }
    if (e.domain === 'cover' && can(e, 'stop')) { const t = this.coverButtons(e); t.update = (x) => t.show(x); controls.unshift(t); }
    const choice = this.choice(e);
    if (choice) { choice.update = (x) => choice.show(x); controls.push(choice); }
    if (controls.length) { const row = make('div', 'controls'); row.append(...controls); tile.append(row); }
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
      controls.forEach((c) => c.update(x));
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
      text.textContent = e.domain === 'sensor' && ['temperature', 'humidity'].includes(e.class) ? stateText(x) : `${x.name} ${stateText(x)}`;
      chip.title = `${x.name} ${stateText(x)}`;
      chip.classList.toggle('on', x.domain === 'binary_sensor' && x.state === 'on');
    };
    chip.update(e);
    return chip;
  }

  makeAction(e) {
    const b = make('button', 'action');
    b.type = 'button';
    b.innerHTML = icon(iconOf(e));
    b.append(make('span', '', e.name));
    b.addEventListener('click', () => { b.classList.add('fired'); setTimeout(() => b.classList.remove('fired'), 700); this.toggle(e); });
    b.update = () => {};
    return b;
  }

  /* Draws the whole home anew. */
  show(home) {
    this.home = home;
    this.tiles.clear();
    this.areas.replaceChildren();
    this.strip.replaceChildren();
    const shown = home.entities.filter((e) => !hidden.has(e.domain));
    const order = ['light', 'climate', 'water_heater', 'cover', 'fan', 'media_player', 'humidifier', 'switch', 'lock', 'valve', 'vacuum', 'lawn_mower'];
    const rank = (e) => { const i = order.indexOf(e.domain); return i < 0 ? order.length : i; };
    const groups = [...home.areas.map((a) => [a.name, a.floor]), [null, null]];
    this.sections = [];
    for (const [area, floor] of groups) {
      const members = shown.filter((e) => (e.area ?? null) === area);
      const tiles = members.filter((e) => !passive.has(e.domain) && !instant.has(e.domain)).sort((a, b) => rank(a) - rank(b));
      const chips = members.filter((e) => passive.has(e.domain)), actions = members.filter((e) => instant.has(e.domain));
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
    chips.forEach((e) => add(e, this.makeChip(e), area === null ? this.strip : facts));
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
      const b = make('button', 'room', name ?? w.all);
      b.type = 'button';
      b.setAttribute('aria-pressed', String(name === this.room));
      b.addEventListener('click', () => { this.room = name; this.showRooms(); });
      return b;
    }));
    this.sections.forEach((s) => { s.section.hidden = this.room !== null && s.area !== this.room; });
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
    this.summary.textContent = [weather && stateText(weather), lights ? (language() === 'zh' ? `${lights} 盏灯亮着` : `${lights} ${lights === 1 ? 'light' : 'lights'} on`) : ''].filter(Boolean).join(' · ');
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
