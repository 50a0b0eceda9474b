/* The conversation: what this page says, and what is said elsewhere in the house. */
import { icon, iconOf } from './icons.js';
import { words, language, kept, keep } from './words.js';
import { button, make, stateText } from './devices.js';

const HISTORY_TURNS = 6;

export class Chat {
  constructor(nodes, client, getHome) {
    Object.assign(this, nodes, { client, getHome });
    this.turns = []; /* {id, text, reply, mine, isOpen, error, …} */
    this.since = Number(kept('since') || 0);
    this.composer.addEventListener('submit', (event) => { event.preventDefault(); this.say(this.input.value); });
    this.fold.addEventListener('click', () => this.unfold(this.box.dataset.open !== 'true'));
    this.afresh.addEventListener('click', () => this.startAfresh());
    this.where.addEventListener('change', () => keep('area', this.where.value));
  }

  unfold(open) {
    this.box.dataset.open = String(open);
    this.fold.setAttribute('aria-expanded', String(open));
  }

  startAfresh() {
    this.since = this.turns.length ? Math.max(...this.turns.map((t) => t.at || 0)) + 1 : 0;
    keep('since', String(this.since));
    this.turns = [];
    this.draw();
    this.input.focus();
  }

  /* The whole conversation anew, from the server's memory. What is under way here stays. */
  show(turns) {
    const running = this.turns.filter((t) => t.mine && t.isOpen);
    this.turns = turns.filter((t) => t.at_ms >= this.since).map((t) => ({ ...t, at: t.at_ms, mine: t.client === this.client }));
    this.turns.push(...running);
    this.draw();
  }

  draw() {
    const w = words();
    this.list.replaceChildren();
    if (!this.turns.length) {
      const hello = make('div', 'hello');
      hello.append(make('strong', '', w.hello), make('p', '', w.helloMore));
      this.list.append(hello);
    }
    this.turns.forEach((t) => this.addNode(t));
    this.afresh.hidden = !this.turns.length;
    this.showExamples();
    this.scroll();
  }

  scroll() { this.list.scrollTop = this.list.scrollHeight; }

  addNode(t) {
    this.list.querySelector('.hello')?.remove();
    const node = make('div', 'turn');
    t.said = make('p', 'said', t.text);
    t.answer = make('div', 'answer');
    if (!t.mine && t.client && t.client !== 'api') node.append(make('span', 'from', t.client === 'timer' ? `⏰ ${words().timerSaid}` : words().other));
    node.append(t.said, t.answer);
    this.list.append(node);
    t.node = node;
    this.fill(t);
  }

  /* The answer's bubble: dots, the words so far, or the reply with what was done. */
  fill(t) {
    t.answer.replaceChildren();
    t.answer.classList.toggle('wrong', Boolean(t.error));
    if (t.error) { t.answer.append(make('p', '', t.error)); return; }
    if (!t.reply && t.isOpen) {
      const dots = make('p', 'dots');
      dots.setAttribute('aria-label', words().thinking);
      dots.append(make('i'), make('i'), make('i'));
      t.answer.append(dots);
      return;
    }
    t.answer.append(make('p', '', t.reply || '…'));
    const chips = this.chips(t);
    if (chips.childElementCount) t.answer.append(chips);
    if (t.ms !== undefined) t.answer.append(make('span', 'ms', words().ms(Math.max(1, Math.round(t.ms)))));
  }

  /* One chip an effect: which device, what was done to it. */
  chips(t) {
    const w = words(), box = make('div', 'chips'), entities = this.getHome()?.entities || [];
    for (const effect of t.effects || []) {
      const found = (effect.entities || []).map((id) => entities.find((e) => e.id === id)).filter(Boolean);
      const isQuestion = /^get_|_status$/.test(effect.action);
      const what = w.action[effect.action] || effect.action.replace(/_/g, ' ');
      const show = found.length > 4 ? [] : found;
      const value = this.valueOf(effect);
      for (const e of show) box.append(this.chip(iconOf(e), e.name, isQuestion ? stateText(e) : `${what}${value}`));
      if (found.length > 4) box.append(this.chip(iconOf(found[0]), w.devices(found.length), isQuestion ? '' : `${what}${value}`));
      if (!found.length && !isQuestion) box.append(this.chip(/timer/.test(effect.action) ? 'timer' : /list/.test(effect.action) ? 'todo' : 'ask', what, value.trim()));
    }
    return box;
  }

  /* " 50%", " 26°", " red": the level or word that an effect set. */
  valueOf({ action, args = {} }) {
    const [key, value] = Object.entries(args).find(([k]) => !/^(name|area|seconds|minutes|hours|state)$/.test(k)) || [];
    if (key === undefined || typeof value === 'object') return '';
    const unit = key !== 'temperature' ? (/brightness|position|percentage|volume_level|humidity/.test(key) ? '%' : '') : action === 'set_color_temp' ? ' K' : '°';
    return ` ${words().state[value] || value}${unit}`;
  }

  chip(iconName, name, text) {
    const c = make('span', 'done');
    c.innerHTML = icon(iconName);
    c.append(make('b', '', name), text);
    return c;
  }

  history() {
    return this.turns.filter((t) => t.reply && !t.error).slice(-HISTORY_TURNS).flatMap((t) => [{ role: 'user', content: t.text }, { role: 'assistant', content: t.reply }]);
  }

  async say(text) {
    text = text.trim();
    if (!text) return;
    const t = { text, mine: true, isOpen: true, reply: '', at: Date.now(), client: this.client };
    const body = { text, history: this.history(), client: this.client, stream: true };
    if (this.where.value) body.area = this.where.value;
    this.input.value = '';
    this.turns.push(t);
    this.addNode(t);
    this.afresh.hidden = false;
    this.examples.hidden = true;
    this.unfold(true);
    this.scroll();
    try {
      const response = await fetch('/api/ask', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
      if (!response.ok) throw new Error((await response.json()).error?.message || response.statusText);
      await this.read(response, t);
    } catch (error) {
      t.error = error instanceof TypeError ? words().lost : error.message || words().failed;
    }
    t.isOpen = false;
    this.fill(t);
    this.scroll();
  }

  /* Reads the events of a streamed answer into the turn. */
  async read(response, t) {
    const reader = response.body.getReader(), decoder = new TextDecoder();
    let text = '', part;
    while (!(part = await reader.read()).done) {
      text += decoder.decode(part.value, { stream: true });
      for (let end; (end = text.indexOf('\n\n')) >= 0; text = text.slice(end + 2)) {
        if (!text.startsWith('data: ')) continue;
        const event = JSON.parse(text.slice(6, end));
        if (event.error) throw new Error(event.error.message);
        if (event.piece) t.reply += event.piece;
        if (event.done) Object.assign(t, event.done);
        this.fill(t);
        this.scroll();
      }
    }
  }

  /* Said on another page, or by a timer. */
  onTurn(d) {
    if (d.client === this.client || this.turns.some((t) => t.id === d.id)) return;
    const t = { ...d, isOpen: true, reply: '', at: Date.now() };
    this.turns.push(t);
    this.addNode(t);
    this.afresh.hidden = false;
    this.examples.hidden = true;
    this.scroll();
  }

  onReply(d) {
    if (d.client === this.client) return;
    let t = this.turns.find((x) => x.id === d.id);
    if (!t) { this.onTurn(d); t = this.turns.at(-1); }
    Object.assign(t, d, { isOpen: false, at: d.at_ms });
    this.fill(t);
    this.scroll();
  }

  onFailed(d) {
    const t = this.turns.find((x) => x.id === d.id && !x.mine);
    if (!t) return;
    Object.assign(t, { error: d.message, isOpen: false });
    this.fill(t);
  }

  /* Sentences that this home can do something with. */
  showExamples() {
    const home = this.getHome(), w = words();
    this.examples.hidden = !home || this.turns.length > 0;
    if (!home) return;
    const zh = /^zh/i.test(home.lang || '') || home.entities.some((e) => /[\u4e00-\u9fff]/.test(e.name));
    const s = (zh === (language() === 'zh')) ? w.samples : null;
    const first = (domain, test = () => true) => home.entities.find((e) => e.domain === domain && e.area && test(e));
    const light = first('light'), other = home.entities.find((e) => e.domain === 'light' && e.area && e.area !== light?.area);
    const climate = first('climate', (e) => e.can.includes('set_temperature')), cover = first('cover', (e) => e.can.includes('set_position') && e.class !== 'garage'), media = first('media_player', (e) => e.can.includes('set_volume'));
    const list = !s ? [w.samples.off, w.samples.state, w.samples.timer] : [
      light && s.light(light.area), other && s.dim(other.area), climate && s.climate(climate.name), cover && s.cover(cover.name), media && s.media(media.name), light && s.off, light && s.state, s.timer].filter(Boolean).slice(0, 6);
    this.examples.replaceChildren(make('span', 'lead', w.examples), ...list.map((text) => button('example', text, () => this.say(text))));
  }
}
