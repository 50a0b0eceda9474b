/* hearth's page: the home and the conversation, kept up to date by the server's events. */
import { icon } from './icons.js';
import { words, language, setLanguage, translate, keep, kept } from './words.js';
import { Home, button, make } from './devices.js';
import { Chat } from './chat.js';

const $ = (id) => document.getElementById(id);
const client = kept('client') || Math.random().toString(36).slice(2, 10);
keep('client', client);

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
const home = new Home({ areas: $('areas'), strip: $('strip'), facts: $('facts'), rooms: $('rooms'), summary: $('summary') }, call, confirm);
const chat = new Chat({ box: $('chat'), list: $('turns'), input: $('ask'), composer: $('composer'), examples: $('examples'), where: $('where'), fold: $('fold'), afresh: $('afresh') }, client, () => data);

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

function addExtra(kind, iconName, ...parts) {
  const card = make('div', `extra ${kind}`);
  card.innerHTML = icon(iconName);
  card.append(...parts);
  $('strip').append(card);
  return card;
}

function showExtras() {
  const w = words(), cancel = (tool, slots) => button('mini', w.cancel, () => call(tool, slots), 'close');
  document.querySelectorAll('.extra').forEach((n) => n.remove());
  for (const t of data.timers) {
    const left = make('time'), [label, tool, sign] = t.paused ? [w.resume, 'HassUnpauseTimer', 'play'] : [w.pause, 'HassPauseTimer', 'pause'];
    const card = addExtra('timer', 'timer', make('b', '', t.name || t.command || clock(t.total_seconds)), left, button('mini', label, () => call(tool, timerSlots(t)), sign), cancel('HassCancelTimer', timerSlots(t)));
    card.tick = () => {
      const passed = t.paused ? 0 : (Date.now() - skew - data.counted_ms) / 1000;
      left.textContent = clock(Math.max(0, Math.ceil(t.remaining_seconds - passed))) + (t.paused ? ` ${w.paused}` : '');
    };
    card.tick();
  }
  for (const a of data.alarms) addExtra('alarm', 'timer', make('b', '', a.time), make('span', '', a.label || a.command || ''), cancel('HearthCancelAlarm', { time: a.time }));
  for (const l of data.lists) {
    const open = l.items.filter((i) => !i.done);
    if (!open.length) continue;
    const card = addExtra('list', 'todo', make('b', '', l.name));
    for (const { text } of open.slice(0, 6)) {
      const b = button('item', text, () => call('HassListCompleteItem', { name: l.name, item: text }));
      b.setAttribute('aria-label', `${w.done}: ${text}`);
      card.append(b);
    }
    if (open.length > 6) card.append(make('span', '', `+${open.length - 6}`));
  }
}

setInterval(() => document.querySelectorAll('.extra.timer').forEach((n) => n.tick?.()), 500);

/* --- what the server says --- */

function showAll() {
  home.show(data);
  showExtras();
  const where = $('where'), before = where.value || kept('area') || '';
  where.replaceChildren(new Option(words().anywhere, ''), ...data.areas.map((a) => new Option(a.name, a.name)));
  where.value = data.areas.some((a) => a.name === before) ? before : '';
}

let lostTimer = 0;
function connected(yes) {
  const show = () => { $('lost').hidden = yes; document.body.classList.toggle('offline', !yes); };
  if (yes) { clearTimeout(lostTimer); lostTimer = 0; show(); } else lostTimer ||= setTimeout(show, 1200); /* each failed try tells again */
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
const systemDark = matchMedia('(prefers-color-scheme: dark)');
let theme = themes.includes(kept('theme')) ? kept('theme') : 'auto';

function showTheme() {
  const isDark = theme === 'dark' || (theme === 'auto' && systemDark.matches), label = `${words().switchTheme}: ${words().theme[theme]}`;
  document.documentElement.dataset.theme = isDark ? 'dark' : 'light';
  $('theme').innerHTML = icon(isDark ? 'moon' : 'sun');
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

systemDark.addEventListener('change', showTheme);
$('theme').addEventListener('click', () => {
  theme = themes[(themes.indexOf(theme) + 1) % themes.length];
  keep('theme', theme);
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
