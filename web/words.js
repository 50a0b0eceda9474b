/* What the page says, in two languages. */
const zh = {
  skip: '跳到输入框', home: '家', rooms: '房间', all: '全部', conversation: '对话', afresh: '新对话', ask: '对家说点什么…', askLabel: '对家说', send: '发送', where: '我在哪个房间',
  anywhere: '不限', lost: '连接断开了，正在重新连接…', switchLanguage: 'Switch to English', switchTheme: '切换明暗', themeAuto: '跟随系统', themeLight: '浅色', themeDark: '深色',
  yes: '确定', no: '取消', confirm: (what) => `要${what}吗？`, examples: '试试说', elsewhere: '其他', timers: '计时器与闹钟', lists: '清单', scenes: '场景', on: (n) => `${n} 个开着`,
  allOff: '都关着', hello: '你好，我是 hearth。', helloMore: '说一句话，家里的设备就会动起来；也可以直接点按旁边的设备。', thinking: '正在想', failed: '没有成功', other: '另一台设备', timerSaid: '到时间了',
  due: (n) => `⏰ ${n || '计时器'}时间到`, brightness: '亮度', position: '开合', volume: '音量', speed: '风速', humidity: '湿度', temperature: '温度', mode: '模式', warmer: '调高', cooler: '调低', open: '打开', close: '关闭',
  stop: '停止', play: '播放', pause: '暂停', next: '下一个', previous: '上一个', start: '开始', dock: '回充', cancel: '取消', resume: '继续', turnOn: '打开', turnOff: '关闭', lock: '上锁', unlock: '开锁', add: '添加一项', done: '完成',
  paused: '已暂停', unknown: '未知', devices: (n) => `${n} 个设备`, ms: (n) => `${n} 毫秒`, empty: '这个家里还没有设备', target: (t) => `设为 ${t}°`, now: (t) => `室温 ${t}°`,
  state: {
    on: '开', off: '关', open: '已打开', closed: '已关闭', opening: '正在打开', closing: '正在关闭', locked: '已上锁', unlocked: '未上锁', locking: '正在上锁', unlocking: '正在开锁', jammed: '卡住了', playing: '播放中', paused: '已暂停', idle: '空闲',
    standby: '待机', buffering: '缓冲中', cleaning: '清扫中', docked: '已回充', returning: '回充中', error: '出错', mowing: '割草中', home: '在家', not_home: '外出', away: '外出', unavailable: '离线', heat: '制热', cool: '制冷', auto: '自动', dry: '除湿',
    fan_only: '送风', heat_cool: '冷暖', eco: '节能', sleep: '睡眠', boost: '强劲', armed_home: '在家布防', armed_away: '离家布防', disarmed: '未布防', triggered: '报警', sunny: '晴', cloudy: '多云', partlycloudy: '局部多云', rainy: '雨', snowy: '雪', fog: '雾', windy: '大风',
    pouring: '大雨', 'clear-night': '晴夜', lightning: '雷电', 'lightning-rainy': '雷雨', hail: '冰雹', exceptional: '异常', comfort: '舒适', quiet: '静音', normal: '普通', low: '低', medium: '中', high: '高',
  },
  sensed: { door: ['打开', '关闭'], window: ['打开', '关闭'], opening: ['打开', '关闭'], garage_door: ['打开', '关闭'], motion: ['有人', '无人'], occupancy: ['有人', '无人'], presence: ['有人', '无人'], moisture: ['有水', '干燥'], smoke: ['有烟', '正常'], gas: ['泄漏', '正常'], lock: ['未锁', '已锁'], battery: ['电量低', '正常'], connectivity: ['在线', '离线'], plug: ['已插', '未插'] },
  action: {
    turn_on: '打开', turn_off: '关闭', toggle: '切换', open: '打开', close: '关闭', stop: '停止', set_position: '开合', lock: '上锁', unlock: '开锁', set_brightness: '亮度', adjust_brightness: '亮度', set_color: '颜色', set_color_temp: '色温', set_temperature: '温度', adjust_temperature: '温度', set_mode: '模式',
    set_fan_speed: '风速', set_speed: '风速', adjust_speed: '风速', set_swing: '摆风', set_feature: '功能', set_humidity: '湿度', activate: '启动', run: '运行', press: '按下', vacuum_start: '清扫', vacuum_return_to_base: '回充', vacuum_clean_area: '清扫', lawn_mower_start_mowing: '割草', lawn_mower_dock: '回充',
    media_pause: '暂停', media_unpause: '播放', media_next: '下一个', media_previous: '上一个', media_stop: '停止', media_player_mute: '静音', media_player_unmute: '取消静音', set_volume: '音量', set_volume_relative: '音量', media_search_and_play: '播放', select_source: '切换', set_value: '设值', select_option: '选择',
    get_state: '查看', get_temperature: '查温度', get_weather: '查天气', get_current_time: '看时间', get_current_date: '看日期', timer_start: '计时', timer_cancel: '取消计时', timer_pause: '暂停计时', timer_unpause: '继续计时', timer_increase: '加时', timer_decrease: '减时', timer_status: '查计时', list_add_item: '记下', list_complete_item: '完成', list_remove_item: '删除', broadcast: '广播', alarm_set: '闹钟',
  },
  samples: {
    light: (a) => `打开${a}的灯`, dim: (a) => `把${a}的灯调暗一点`, climate: (n) => `${n}调到26度`, cover: (n) => `${n}开一半`, media: (n) => `${n}声音小一点`, off: () => '关掉所有的灯', state: () => '哪些灯还开着？', timer: () => '定一个十分钟的计时器',
  },
};

const en = {
  skip: 'Skip to the input', home: 'Home', rooms: 'Rooms', all: 'All', conversation: 'Conversation', afresh: 'New', ask: 'Say something to your home…', askLabel: 'Say to the home', send: 'Send', where: 'The room I am in',
  anywhere: 'anywhere', lost: 'Connection lost, reconnecting…', switchLanguage: '切换到中文', switchTheme: 'Light or dark', themeAuto: 'as the system', themeLight: 'light', themeDark: 'dark',
  yes: 'Yes', no: 'Cancel', confirm: (what) => `${what}?`, examples: 'Try saying', elsewhere: 'Elsewhere', timers: 'Timers and alarms', lists: 'Lists', scenes: 'Scenes', on: (n) => `${n} on`,
  allOff: 'all off', hello: 'Hello, I am hearth.', helloMore: 'Say it in your words and the devices follow; or tap them directly.', thinking: 'thinking', failed: 'That did not work', other: 'another device', timerSaid: 'time is up',
  due: (n) => `⏰ ${n || 'Timer'}: time is up`, brightness: 'Brightness', position: 'Position', volume: 'Volume', speed: 'Speed', humidity: 'Humidity', temperature: 'Temperature', mode: 'Mode', warmer: 'Warmer', cooler: 'Cooler', open: 'Open', close: 'Close',
  stop: 'Stop', play: 'Play', pause: 'Pause', next: 'Next', previous: 'Previous', start: 'Start', dock: 'Return', cancel: 'Cancel', resume: 'Resume', turnOn: 'Turn on', turnOff: 'Turn off', lock: 'Lock', unlock: 'Unlock', add: 'Add an item', done: 'Done',
  paused: 'paused', unknown: 'unknown', devices: (n) => `${n} devices`, ms: (n) => `${n} ms`, empty: 'No devices in this home yet', target: (t) => `to ${t}°`, now: (t) => `${t}° now`,
  state: {
    on: 'On', off: 'Off', open: 'Open', closed: 'Closed', opening: 'Opening', closing: 'Closing', locked: 'Locked', unlocked: 'Unlocked', locking: 'Locking', unlocking: 'Unlocking', jammed: 'Jammed', playing: 'Playing', paused: 'Paused', idle: 'Idle',
    standby: 'Standby', buffering: 'Buffering', cleaning: 'Cleaning', docked: 'Docked', returning: 'Returning', error: 'Error', mowing: 'Mowing', home: 'Home', not_home: 'Away', away: 'Away', unavailable: 'Offline', heat: 'Heating', cool: 'Cooling', auto: 'Auto', dry: 'Dry',
    fan_only: 'Fan', heat_cool: 'Heat/cool', eco: 'Eco', sleep: 'Sleep', boost: 'Boost', armed_home: 'Armed (home)', armed_away: 'Armed (away)', disarmed: 'Disarmed', triggered: 'Alarm', sunny: 'Sunny', cloudy: 'Cloudy', partlycloudy: 'Partly cloudy', rainy: 'Rain', snowy: 'Snow', fog: 'Fog', windy: 'Windy',
    pouring: 'Pouring', 'clear-night': 'Clear', lightning: 'Lightning', 'lightning-rainy': 'Thunderstorm', hail: 'Hail', exceptional: 'Exceptional', comfort: 'Comfort', quiet: 'Quiet', normal: 'Normal', low: 'Low', medium: 'Medium', high: 'High',
  },
  sensed: { door: ['open', 'closed'], window: ['open', 'closed'], opening: ['open', 'closed'], garage_door: ['open', 'closed'], motion: ['motion', 'clear'], occupancy: ['occupied', 'clear'], presence: ['present', 'away'], moisture: ['wet', 'dry'], smoke: ['smoke', 'clear'], gas: ['gas', 'clear'], lock: ['unlocked', 'locked'], battery: ['low', 'fine'], connectivity: ['online', 'offline'], plug: ['plugged in', 'unplugged'] },
  action: {
    turn_on: 'on', turn_off: 'off', toggle: 'toggled', open: 'open', close: 'close', stop: 'stop', set_position: 'position', lock: 'lock', unlock: 'unlock', set_brightness: 'brightness', adjust_brightness: 'brightness', set_color: 'colour', set_color_temp: 'white tone', set_temperature: 'temperature', adjust_temperature: 'temperature', set_mode: 'mode',
    set_fan_speed: 'fan', set_speed: 'speed', adjust_speed: 'speed', set_swing: 'swing', set_feature: 'feature', set_humidity: 'humidity', activate: 'activated', run: 'run', press: 'pressed', vacuum_start: 'cleaning', vacuum_return_to_base: 'returning', vacuum_clean_area: 'cleaning', lawn_mower_start_mowing: 'mowing', lawn_mower_dock: 'returning',
    media_pause: 'paused', media_unpause: 'playing', media_next: 'next', media_previous: 'previous', media_stop: 'stopped', media_player_mute: 'muted', media_player_unmute: 'unmuted', set_volume: 'volume', set_volume_relative: 'volume', media_search_and_play: 'play', select_source: 'source', set_value: 'set', select_option: 'chosen',
    get_state: 'looked up', get_temperature: 'temperature', get_weather: 'weather', get_current_time: 'time', get_current_date: 'date', timer_start: 'timer', timer_cancel: 'timer cancelled', timer_pause: 'timer paused', timer_unpause: 'timer resumed', timer_increase: 'timer longer', timer_decrease: 'timer shorter', timer_status: 'timer', list_add_item: 'noted', list_complete_item: 'done', list_remove_item: 'removed', broadcast: 'broadcast', alarm_set: 'alarm',
  },
  samples: {
    light: (a) => `Turn on the ${a} lights`, dim: (a) => `Dim the ${a} lights a little`, climate: (n) => `Set ${n} to 22 degrees`, cover: (n) => `Open ${n} halfway`, media: (n) => `Turn ${n} down`, off: () => 'Turn off all the lights', state: () => 'Which lights are still on?', timer: () => 'Set a timer for ten minutes',
  },
};

const stored = (key) => { try { return localStorage.getItem(key); } catch { return null; } };
export const keep = (key, value) => { try { localStorage.setItem(key, value); } catch { /* private mode: not kept */ } };
export const kept = stored;

let lang = stored('hearth-lang') || (/^zh/i.test(navigator.language || '') ? 'zh' : 'en');
export const language = () => lang;
export const words = () => (lang === 'zh' ? zh : en);
export function setLanguage(value) {
  lang = value;
  keep('hearth-lang', value);
}

/* Fills what index.html marks: data-word text, data-label aria-label and title, data-hint placeholder. */
export function translate() {
  const w = words();
  document.documentElement.lang = lang === 'zh' ? 'zh-CN' : 'en';
  document.querySelectorAll('[data-word]').forEach((n) => { n.textContent = w[n.dataset.word]; });
  document.querySelectorAll('[data-label]').forEach((n) => {
    n.setAttribute('aria-label', w[n.dataset.label]);
    if (n.tagName === 'BUTTON') n.title = w[n.dataset.label];
  });
  document.querySelectorAll('[data-hint]').forEach((n) => { n.placeholder = w[n.dataset.hint]; });
}
