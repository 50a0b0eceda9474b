// node page.mjs URL BROWSER [PID HEARTH [SHOTS]]: the page in Chromium, in two windows. PID and HEARTH, the server's process and
// program, let it be killed and started again; SHOTS is a folder for pictures.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chromium } from 'playwright-core';

const [, , url, browserPath, pid, hearth, shots] = process.argv;
let child = null;
/* a fresh profile each time: Playwright makes one, and removes it */
const browser = await chromium.launch({
  executablePath: browserPath,
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
const complaints = [];
const expected = /ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE/; /* the server is killed on purpose */

async function open(options) {
  const c = await browser.newContext({ locale: 'zh-CN', ...options });
  const page = await c.newPage();
  page.on('console', (m) => { if (['error', 'warning'].includes(m.type()) && !expected.test(m.text())) complaints.push(m.text()); });
  page.on('pageerror', (e) => complaints.push(String(e)));
  page.on('request', (r) => { if (!r.url().startsWith(url)) complaints.push(`asked elsewhere: ${r.url()}`); });
  await page.goto(url);
  await page.waitForSelector('body.ready');
  return page;
}
const tile = (page, name) => page.locator('.tile', { has: page.locator(`.face[aria-label^="${name}"]`) });
const picture = async (page, name) => { if (shots) await page.screenshot({ path: `${shots}/${name}.png` }); };
const check = async (what, fn) => { try { await fn(); console.log(`ok   ${what}`); } catch (e) { console.log(`FAIL ${what}`); throw e; } };

let page, second;
try {
  page = await open({ viewport: { width: 1440, height: 900 } });
  second = await open({ viewport: { width: 390, height: 844 }, colorScheme: 'dark', deviceScaleFactor: 2, isMobile: true, hasTouch: true });

  await check('shows the rooms and their devices', async () => {
    assert(await page.locator('.area').count() >= 8);
    assert(await page.locator('.tile').count() >= 30);
    await tile(page, '落地灯').waitFor();
    assert.match(await page.locator('#summary').textContent(), /°/);
    assert(await page.locator('.example').count() >= 4);
  });
  await picture(page, 'desktop-light');
  await picture(second, 'phone-dark');

  await check('a tap switches a device, and the other window sees it', async () => {
    const lamp = tile(page, '落地灯');
    assert.equal(await lamp.locator('.face').getAttribute('aria-pressed'), 'false');
    await lamp.locator('.face').click();
    await page.locator('.tile.on .face[aria-label^="落地灯"]').waitFor();
    await second.locator('.tile.on .face[aria-label^="落地灯"]').waitFor({ timeout: 2000 });
    await lamp.locator('.face').click();
    await page.locator('.tile:not(.on) .face[aria-label^="落地灯"]').waitFor();
  });

  await check('a slider dims a lamp', async () => {
    const slider = tile(page, '厨房灯').locator('.slider');
    await slider.focus();
    for (let i = 0; i < 5; i++) await slider.press('ArrowLeft');
    await page.locator('.face[aria-label="厨房灯, 95%"]').waitFor();
  });

  await check('degrees go up by a button', async () => {
    const ac = tile(page, '客厅空调'), degrees = async () => parseInt(await ac.locator('output').textContent(), 10);
    const before = await degrees();
    await ac.locator('.mini').last().click();
    await page.locator(`.face[aria-label*="客厅空调"][aria-label*="${before + 1}°"]`).waitFor();
    await second.locator(`.face[aria-label*="客厅空调"][aria-label*="${before + 1}°"]`).waitFor();
  });

  await check('a door is not unlocked without a question', async () => {
    await tile(page, '智能门锁').locator('.face').click();
    await page.locator('#confirm[open]').waitFor();
    await page.locator('#confirm-no').click();
    await page.locator('.face[aria-label="智能门锁, 已上锁"]').waitFor();
    await tile(page, '智能门锁').locator('.face').click();
    await page.locator('#confirm-yes').click();
    await page.locator('.face[aria-label="智能门锁, 未上锁"]').waitFor();
  });

  await check('words switch a device: the reply, what was done, the tile, in both windows', async () => {
    await page.keyboard.press('/');
    await page.keyboard.type('打开落地灯');
    await page.keyboard.press('Enter');
    await page.locator('.turn .said', { hasText: '打开落地灯' }).waitFor();
    await page.locator('.turn .answer > p:not(.dots)').last().waitFor({ timeout: 30000 });
    await page.locator('.answer .done', { hasText: '落地灯' }).waitFor();
    await page.locator('.tile.on .face[aria-label^="落地灯"]').waitFor();
    await second.locator('.tile.on .face[aria-label^="落地灯"]').waitFor({ timeout: 2000 });
    assert.equal(await second.locator('.turn .said').last().textContent(), '打开落地灯');
  });
  await picture(page, 'desktop-light-chat');
  await picture(second, 'phone-dark-chat');

  await check('a page opened later shows the conversation', async () => {
    const third = await open({ viewport: { width: 1280, height: 800 }, locale: 'en-US', colorScheme: 'dark' });
    assert.equal(await third.locator('.turn .said').last().textContent(), '打开落地灯');
    assert.equal(await third.locator('#lang').textContent(), '中文');
    await third.locator('#lang').click();
    assert.equal(await third.locator('.chat-head h2').textContent(), '对话');
    assert.equal(await third.evaluate(() => document.documentElement.dataset.theme), 'dark');
    await third.locator('#theme').click(); /* as the system -> light */
    assert.equal(await third.evaluate(() => document.documentElement.dataset.theme), 'light');
    await picture(third, 'desktop-third');
    await third.context().close();
  });

  await check('a room alone, with the keyboard', async () => {
    await page.locator('.room', { hasText: '书房' }).focus();
    await page.keyboard.press('Enter');
    assert.equal(await page.locator('.area:visible').count(), 1);
    await page.locator('.room').first().click();
    assert(await page.locator('.area:visible').count() > 5);
  });

  await check('everything that can be pressed has a name', async () => {
    const nameless = await page.evaluate(() => [...document.querySelectorAll('button, input, select')].filter((n) => !(n.getAttribute('aria-label') || n.textContent.trim())).map((n) => n.outerHTML.slice(0, 80)));
    assert.deepEqual(nameless, []);
  });

  if (hearth) await check('a lost connection is told, and comes back by itself', async () => {
    process.kill(Number(pid), 'SIGKILL');
    await page.locator('#lost:not([hidden])').waitFor({ timeout: 10000 });
    await picture(page, 'lost');
    child = spawn(hearth, ['serve', '--threads', '1', '--port', new URL(url).port], { stdio: 'ignore' });
    await page.locator('#lost').waitFor({ state: 'hidden', timeout: 20000 });
    await tile(page, '落地灯').locator('.face').click();
    await page.locator('.tile:not(.on) .face[aria-label^="落地灯"]').waitFor();
    await second.locator('.tile:not(.on) .face[aria-label^="落地灯"]').waitFor({ timeout: 10000 });
  });

  await check('nothing to complain about in the console', async () => assert.deepEqual(complaints, []));
} catch (error) {
  console.error(error);
  if (page && shots) await page.screenshot({ path: `${shots}/failed.png` });
  process.exitCode = 1;
} finally {
  await Promise.race([browser.close(), new Promise((done) => { setTimeout(done, 3000); })]);
  child?.kill();
  process.exit();
}
