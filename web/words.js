/* What the page says, in two languages. */

/* 'word: key key; word: key' as an object from key to word. */
function table(text) {
  const out = {};
  for (const row of text.split(';')) {
    const [word, keys] = row.split(':');
    keys.trim().split(' ').forEach((key) => { out[key] = word.trim(); });
  }
  return out;
}

const zh = {
  skip: '跳到输入框', home: '家', rooms: '房间', all: '全部', conversation: '对话', afresh: '新对话', ask: '对家说点什么…', askLabel: '对家说', send: '发送', where: '我在哪个房间',
  anywhere: '不限', lost: '连接断开了，正在重新连接…', switchLanguage: 'Switch to English', switchTheme: '切换明暗', theme: { auto: '跟随系统', light: '浅色', dark: '深色' },
  yes: '确定', no: '取消', confirm: (what) => `要${what}吗？`, examples: '试试说', elsewhere: '其他', on: (n) => `${n} 个开着`, lights: (n) => `${n} 盏灯亮着`,
  hello: '你好，我是 hearth。', helloMore: '说一句话，或直接点按设备。', thinking: '正在想', failed: '没有成功', other: '另一台设备', timerSaid: '到时间了',
  due: (n) => `⏰ ${n || '计时器'}时间到`, brightness: '亮度', position: '开合', volume: '音量', speed: '风速', humidity: '湿度', warmer: '调高', cooler: '调低', open: '打开', unlock: '开锁',
  stop: '停止', next: '下一个', previous: '上一个', pause: '暂停', resume: '继续', cancel: '取消', done: '完成', paused: '已暂停', unknown: '未知', devices: (n) => `${n} 个设备`, ms: (n) => `${n} 毫秒`, empty: '这个家里还没有设备',
  state: table('开: on; 关: off; 已打开: open; 已关闭: closed; 已上锁: locked; 未上锁: unlocked; 播放中: playing; 已暂停: paused; 空闲: idle; 清扫中: cleaning; 已回充: docked; 回充中: returning; 出错: error; 割草中: mowing; 在家: home; 外出: not_home away; 离线: unavailable; 制热: heat; 制冷: cool; 自动: auto; 除湿: dry; 送风: fan_only; 冷暖: heat_cool; 节能: eco; 睡眠: sleep; 强劲: boost; 低: low; 中: medium; 高: high; 晴: sunny clear-night; 多云: cloudy; 局部多云: partlycloudy; 雨: rainy; 大雨: pouring; 雪: snowy; 雾: fog; 大风: windy; 雷雨: lightning-rainy'),
  sensed: table('打开/关闭: door window opening garage_door; 有人/无人: motion occupancy presence; 有水/干燥: moisture; 有烟/正常: smoke; 未锁/已锁: lock; 电量低/正常: battery; 在线/离线: connectivity'),
  action: table('打开: turn_on open; 关闭: turn_off close; 切换: toggle select_source; 停止: stop media_stop; 开合: set_position; 上锁: lock; 开锁: unlock; 亮度: set_brightness adjust_brightness; 颜色: set_color; 色温: set_color_temp; 温度: set_temperature adjust_temperature get_temperature; 模式: set_mode; 风速: set_fan_speed set_speed adjust_speed; 摆风: set_swing; 功能: set_feature; 湿度: set_humidity; 启动: activate; 运行: run; 按下: press; 清扫: vacuum_start vacuum_clean_area; 回充: vacuum_return_to_base lawn_mower_dock; 割草: lawn_mower_start_mowing; 暂停: media_pause; 播放: media_unpause media_search_and_play; 下一个: media_next; 上一个: media_previous; 静音: media_player_mute; 取消静音: media_player_unmute; 音量: set_volume set_volume_relative; 设值: set_value; 选择: select_option; 计时: start_timer; 取消计时: cancel_timer cancel_all_timers; 暂停计时: pause_timer; 继续计时: unpause_timer; 加时: increase_timer; 减时: decrease_timer; 闹钟: set_alarm; 取消闹钟: cancel_alarm; 记下: list_add_item; 完成: list_complete_item; 删除: list_remove_item; 广播: broadcast'),
  samples: { light: (a) => `打开${a}的灯`, dim: (a) => `把${a}的灯调暗一点`, climate: (n) => `${n}调到26度`, cover: (n) => `${n}开一半`, media: (n) => `${n}声音小一点`, off: '关掉所有的灯', state: '哪些灯还开着？', timer: '定一个十分钟的计时器' },
};

const en = {
  skip: 'Skip to the input', home: 'Home', rooms: 'Rooms', all: 'All', conversation: 'Conversation', afresh: 'New', ask: 'Say something to your home…', askLabel: 'Say to the home', send: 'Send', where: 'The room I am in',
  anywhere: 'anywhere', lost: 'Connection lost, reconnecting…', switchLanguage: '切换到中文', switchTheme: 'Light or dark', theme: { auto: 'as the system', light: 'light', dark: 'dark' },
  yes: 'Yes', no: 'Cancel', confirm: (what) => `${what}?`, examples: 'Try saying', elsewhere: 'Elsewhere', on: (n) => `${n} on`, lights: (n) => `${n} light${n > 1 ? 's' : ''} on`,
  hello: 'Hello, I am hearth.', helloMore: 'Say it in your words, or tap the devices.', thinking: 'thinking', failed: 'That did not work', other: 'another device', timerSaid: 'time is up',
  due: (n) => `⏰ ${n || 'Timer'}: time is up`, brightness: 'brightness', position: 'position', volume: 'volume', speed: 'speed', humidity: 'humidity', warmer: 'warmer', cooler: 'cooler', open: 'Open', unlock: 'Unlock',
  stop: 'stop', next: 'next', previous: 'previous', pause: 'Pause', resume: 'Resume', cancel: 'Cancel', done: 'Done', paused: 'paused', unknown: 'Unknown', devices: (n) => `${n} devices`, ms: (n) => `${n} ms`, empty: 'No devices in this home yet',
  /* what is not here is said as it is written: "cleaning", "set alarm" */
  state: table('Away: not_home; Heating: heat; Cooling: cool; Fan: fan_only; Heat/cool: heat_cool; Partly cloudy: partlycloudy; Rain: rainy; Snow: snowy; Clear: clear-night; Thunderstorm: lightning-rainy; Offline: unavailable'),
  sensed: table('Open/Closed: door window opening garage_door; Motion/Clear: motion; Occupied/Clear: occupancy presence; Wet/Dry: moisture; Smoke/Clear: smoke; Unlocked/Locked: lock; Low/Fine: battery; Online/Offline: connectivity'),
  action: table('on: turn_on; off: turn_off; brightness: set_brightness adjust_brightness; colour: set_color; white: set_color_temp; temperature: set_temperature adjust_temperature; mode: set_mode; position: set_position; speed: set_speed adjust_speed set_fan_speed; volume: set_volume set_volume_relative; pause: media_pause; play: media_unpause media_search_and_play; next: media_next; previous: media_previous; source: select_source; clean: vacuum_start vacuum_clean_area; return: vacuum_return_to_base; noted: list_add_item; done: list_complete_item; removed: list_remove_item'),
  samples: { light: (a) => `Turn on the ${a} lights`, dim: (a) => `Dim the ${a} lights a little`, climate: (n) => `Set ${n} to 22 degrees`, cover: (n) => `Open ${n} halfway`, media: (n) => `Turn ${n} down`, off: 'Turn off all the lights', state: 'Which lights are still on?', timer: 'Set a timer for ten minutes' },
};

/* What this browser remembers; in private windows nothing. */
export function kept(key) { try { return localStorage.getItem(`hearth-${key}`); } catch { return null; } }
export function keep(key, value) { try { localStorage.setItem(`hearth-${key}`, value); } catch { /* not kept */ } }

let lang = kept('lang') || (/^zh/i.test(navigator.language || '') ? 'zh' : 'en');
export const language = () => lang;
export const words = () => (lang === 'zh' ? zh : en);
export function setLanguage(value) {
  lang = value;
  keep('lang', value);
}

/* Fills what index.html marks: data-word text, data-label aria-label and title, data-hint placeholder. */
export function translate() {
  const w = words(), each = (mark, fn) => document.querySelectorAll(`[data-${mark}]`).forEach((n) => fn(n, w[n.dataset[mark]]));
  document.documentElement.lang = lang === 'zh' ? 'zh-CN' : 'en';
  each('word', (n, text) => { n.textContent = text; });
  each('label', (n, text) => {
    n.setAttribute('aria-label', text);
    if (n.tagName === 'BUTTON') n.title = text;
  });
  each('hint', (n, text) => { n.placeholder = text; });
}
