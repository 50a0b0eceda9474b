/* hearth's page: the home and the conversation, kept up to date by the server's events. */
import { icon } from './icons.js';
import { words, language, setLanguage, translate, keep, kept } from './words.js';
import { Home, make } from './devices.js';
import { Chat } from './chat.js';

const $ = (id) => document.getElementById(id);
const client = kept('hearth-client') || Math.random().toString(36).slice(2, 10);
keep('hearth-client', client);

let toastTimer = 0;
function toast(text) {
  $('toast').textContent = text;
  $('toast').hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => { $('toast').hidden = true; }, 4000);
}

/* Resolves to whether the person says yes. */
function confirm(text) {
  const dialog = $('confirm');
  $('confirm-text').textContent = text;
  return new Promise((resolve) => {
    let answer = false;
    $('confirm-yes').onclick = () => { answer = true; dialog.close(); };
    $('confirm-no').onclick = () => dialog.close();
    dialog.onclose = () => resolve(answer);
    dialog.showModal();
  });
}

async function call(name, args, options = {}) {
  try {
    const response = await fetch('/api/call', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ name, arguments: args, lang: language(), ...options }) });
    const result = await response.json();
    if (!response.ok) throw new Error(result.error?.message);
    if (result.outcome !== 'done' && result.outcome !== 'needs_confirm') toast(result.reply || words().failed);
    return result;
  } catch (error) {
    toast(error instanceof TypeError ? words().lost : error.message || words().failed);
    return null;
  }
}

let data = null, skew = 0;
const home = new Home({ areas: $('areas'), strip: $('strip'), rooms: $('rooms'), summary: $('summary') }, call, confirm);
const chat = new Chat({ box: $('chat'), list: $('turns'), input: $('ask'), composer: $('composer'), examples: $('examples'), where: $('where'), fold: $('fold'), afresh: $('afresh') }, client, () => data, toast);

/* --- timers, alarms and lists, in a strip of their own --- */

const clock = (s) => `${s >= 3600 ? `${Math.floor(s / 3600)}:` : ''}${String(Math.floor(s / 60) % 60).padStart(s >= 3600 ? 2 : 1, '0')}:${String(s % 60).padStart(2, '0')}`;

function timerSlots(t) {
  if (t.name) return { name: t.name };
  const s = t.total_seconds, slots = {};
  if (Math.floor(s / 3600)) slots.start_hours = Math.floor(s / 3600);
  if (Math.floor(s / 60) % 60) slots.start_minutes = Math.floor(s / 60) % 60;
  if (s % 60) slots.start_seconds = s % 60;
  return slots;
}

function smallButton(label, name, act) {
  const b = make('button', 'mini');
  b.type = 'button';
  b.innerHTML = icon(name);
  b.setAttribute('aria-label', label);
  b.title = label;
  b.addEventListener('click', act);
  return b;
}

function showExtras() {
  const w = words(), strip = $('strip');
  strip.querySelectorAll('.extra').forEach((n) => n.remove());
  for (const t of data.timers || []) {
    const card = make('div', 'extra timer'), left = make('time');
    const label = t.name || t.command || (t.total_seconds ? clock(t.total_seconds) : '');
    card.innerHTML = icon('timer');
    card.append(make('b', '', label), left, smallButton(t.paused ? w.resume : w.pause, t.paused ? 'play' : 'pause', () => call(t.paused ? 'HassUnpauseTimer' : 'HassPauseTimer', timerSlots(t))),
      smallButton(w.cancel, 'close', () => call('HassCancelTimer', timerSlots(t))));
    card.tick = () => {
      const passed = t.paused ? 0 : (Date.now() - skew - data.counted_ms) / 1000;
      left.textContent = clock(Math.max(0, Math.ceil(t.remaining_seconds - passed))) + (t.paused ? ` ${w.paused}` : '');
    };
    card.tick();
    strip.append(card);
  }
  for (const a of data.alarms || []) {
    const card = make('div', 'extra alarm');
    card.innerHTML = icon('alarm');
    card.append(make('b', '', a.time), make('span', '', a.label || a.command || ''), smallButton(w.cancel, 'close', () => call('HearthCancelAlarm', { time: a.time })));
    strip.append(card);
  }
  for (const l of data.lists || []) {
    const open = (l.items || []).filter((i) => (typeof i === 'string' ? true : i.status !== 'completed' && !i.done));
    if (!open.length) continue;
    const card = make('div', 'extra list');
    card.innerHTML = icon('todo');
    card.append(make('b', '', l.name));
    for (const item of open.slice(0, 6)) {
      const text = typeof item === 'string' ? item : item.text || item.summary || item.name || '';
      const b = make('button', 'item', text);
      b.type = 'button';
      b.title = w.done;
      b.setAttribute('aria-label', `${w.done}: ${text}`);
      b.addEventListener('click', () => call('HassListCompleteItem', { name: l.name, item: text }));
      card.append(b);
    }
    if (open.length > 6) card.append(make('span', '', `+${open.length - 6}`));
    strip.append(card);
  }
}

setInterval(() => document.querySelectorAll('.extra.timer').forEach((n) => n.tick?.()), 500);

/* --- what the server says --- */

function showAll() {
  home.show(data);
  showExtras();
  const where = $('where'), before = where.value || kept('hearth-area') || '';
  where.replaceChildren(new Option(words().anywhere, ''), ...data.areas.map((a) => new Option(a.name, a.name)));
  where.value = data.areas.some((a) => a.name === before) ? before : '';
}

let lostTimer = 0;
function connected(yes) {
  clearTimeout(lostTimer);
  if (yes) {
    $('lost').hidden = true;
    document.body.classList.remove('offline');
  } else {
    lostTimer = setTimeout(() => { $('lost').hidden = false; document.body.classList.add('offline'); }, 1200);
  }
}

function listen() {
  const events = new EventSource('/api/events');
  const on = (name, fn) => events.addEventListener(name, (event) => fn(JSON.parse(event.data)));
  on('home', (d) => {
    data = d;
    skew = Date.now() - d.now_ms;
    connected(true);
    showAll();
    chat.show(d.turns);
    document.body.classList.add('ready');
  });
  on('change', (d) => {
    skew = Date.now() - d.now_ms;
    home.change(d.entities);
    if (d.timers) {
      Object.assign(data, { timers: d.timers, alarms: d.alarms, lists: d.lists, counted_ms: d.counted_ms });
      showExtras();
    }
  });
  on('turn', (d) => chat.onTurn(d));
  on('reply', (d) => chat.onReply(d));
  on('failed', (d) => chat.onFailed(d));
  on('due', (d) => toast(words().due(d.name)));
  events.onerror = () => {
    connected(false);
    if (events.readyState === EventSource.CLOSED) setTimeout(listen, 2000); /* the browser gave up: a proxy's answer, say */
  };
}

/* --- language and light --- */

const themes = ['auto', 'light', 'dark'];
let theme = themes.includes(kept('hearth-theme')) ? kept('hearth-theme') : 'auto';

function showTheme() {
  const w = words();
  if (theme === 'auto') delete document.documentElement.dataset.theme; else document.documentElement.dataset.theme = theme;
  $('theme').innerHTML = icon({ auto: 'auto', light: 'sun', dark: 'moon' }[theme]);
  const label = `${w.switchTheme}: ${{ auto: w.themeAuto, light: w.themeLight, dark: w.themeDark }[theme]}`;
  $('theme').setAttribute('aria-label', label);
  $('theme').title = label;
}

function showLanguage() {
  translate();
  $('lang').textContent = language() === 'zh' ? 'English' : '中文';
  showTheme();
  if (data) {
    showAll();
    chat.draw();
  }
}

$('theme').addEventListener('click', () => {
  theme = themes[(themes.indexOf(theme) + 1) % themes.length];
  keep('hearth-theme', theme);
  showTheme();
});
$('lang').addEventListener('click', () => {
  setLanguage(language() === 'zh' ? 'en' : 'zh');
  showLanguage();
});
document.addEventListener('keydown', (event) => {
  const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement?.tagName) && document.activeElement.type !== 'range';
  if (event.key === '/' && !typing) { event.preventDefault(); $('ask').focus(); }
  if (event.key === 'Escape' && document.activeElement === $('ask')) { chat.unfold(false); $('ask').blur(); }
});
$('send').innerHTML = icon('send');
document.querySelector('.pin').innerHTML = icon('pin');
showLanguage();
listen();
