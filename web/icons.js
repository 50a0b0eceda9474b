/* Line icons on a 24-unit grid, drawn for this page. Strings of our own only: they may go through innerHTML. */
const shapes = {
  light: '<path d="M8.5 14.5a5.5 5.5 0 1 1 7 0c-.8.7-1 1.3-1 2.5h-5c0-1.2-.2-1.8-1-2.5z"/><path d="M10 20.5h4"/>',
  switch: '<rect x="6" y="3" width="12" height="18" rx="3"/><path d="M12 7v4"/><circle cx="12" cy="16" r="1.2"/>',
  plug: '<path d="M8 3v5M16 3v5M6 8h12v3a6 6 0 0 1-12 0zM12 17v4"/>',
  fan: '<circle cx="12" cy="12" r="1.6"/><path d="M12 10.4C10 7 11 3.5 14 3.5s3 4.5-.7 7.3M13.4 12.8c3.9 0 6.5 2.6 5 5.2s-5.4.4-6-4.1M10.6 12.8c-2 3.3-5.6 4.3-7.1 1.7s2.3-5 6.5-3.2"/>',
  climate: '<rect x="3" y="5" width="18" height="8" rx="2.5"/><path d="M6.5 10h11M7 16.5c0 1.5-1 1.5-1 3M12 16.5c0 1.5-1 1.5-1 3M17 16.5c0 1.5-1 1.5-1 3"/>',
  heat: '<path d="M13 3c.5 4 5 6 5 11a6 6 0 0 1-12 0c0-3 1.5-4.5 2.5-6.5.7 2 1.5 2.5 2.5 3C11.5 8 11.5 6 13 3z"/>',
  curtain: '<path d="M3 4h18M5 4v16M19 4v16M5 20c3-3 4.5-8 4.5-16M19 20c-3-3-4.5-8-4.5-16"/>',
  blind: '<path d="M4 4h16M5.5 8h13M5.5 12h13M5.5 16h13M12 16v4"/>',
  door: '<path d="M6 21V4.5A1.5 1.5 0 0 1 7.5 3h9A1.5 1.5 0 0 1 18 4.5V21M4 21h16"/><circle cx="14.5" cy="12.5" r=".8"/>',
  window: '<rect x="4" y="4" width="16" height="16" rx="2"/><path d="M12 4v16M4 12h16"/>',
  lock: '<rect x="5" y="10.5" width="14" height="10" rx="2.5"/><path d="M8 10.5V8a4 4 0 0 1 8 0v2.5M12 14.5v2"/>',
  unlock: '<rect x="5" y="10.5" width="14" height="10" rx="2.5"/><path d="M8 10.5V7.5a4 4 0 0 1 7.7-1.5M12 14.5v2"/>',
  media: '<rect x="3" y="4.5" width="18" height="12" rx="2.5"/><path d="M8.5 20.5h7"/>',
  speaker: '<rect x="6" y="3" width="12" height="18" rx="3"/><circle cx="12" cy="14.5" r="3.2"/><circle cx="12" cy="7" r=".9"/>',
  vacuum: '<circle cx="12" cy="12" r="8.5"/><circle cx="12" cy="12" r="2.8"/><path d="M6.5 8.5a7 7 0 0 1 11 0"/>',
  valve: '<path d="M12 3s6 6.5 6 11a6 6 0 0 1-12 0c0-4.5 6-11 6-11z"/><path d="M9 14.5a3 3 0 0 0 3 3"/>',
  humidifier: '<path d="M9 4s4 4.3 4 7.3a4 4 0 0 1-8 0C5 8.3 9 4 9 4zM17 11s3 3.3 3 5.5a3 3 0 0 1-6 0c0-2.2 3-5.5 3-5.5z"/>',
  sensor: '<path d="M4 16.5a9 9 0 0 1 16 0M7.5 18a5 5 0 0 1 9 0"/><circle cx="12" cy="19.5" r="1"/>',
  temperature: '<path d="M10 13.5V6a2 2 0 1 1 4 0v7.5a4 4 0 1 1-4 0z"/><path d="M12 10v6"/>',
  motion: '<circle cx="13" cy="5" r="1.8"/><path d="M8 12l2.5-3 3 1 1.5 3h3M11 10.5l-1 4.5 3 2.5v3.5M9.5 16L7 20.5"/>',
  battery: '<rect x="3" y="8" width="16" height="9" rx="2"/><path d="M21.5 11v3M6 11v3M9.5 11v3"/>',
  person: '<circle cx="12" cy="8" r="3.5"/><path d="M5 20c.5-4 3.2-6 7-6s6.5 2 7 6"/>',
  weather: '<circle cx="8.5" cy="8.5" r="3"/><path d="M8.5 2.5v1M2.5 8.5h1M4.3 4.3l.7.7M12.7 4.3l-.7.7M9 18.5h8.5a3.5 3.5 0 0 0 .3-7A5 5 0 0 0 8.3 13 2.8 2.8 0 0 0 9 18.5z"/>',
  scene: '<path d="M12 3l2 5.5 5.5 2-5.5 2-2 5.5-2-5.5-5.5-2 5.5-2zM19 16.5l.8 2 .2.5M19 16.5l-.8 2"/>',
  todo: '<path d="M4 6.5l1.5 1.5L8 5M4 12.5L5.5 14 8 11M4 18.5L5.5 20 8 17M11.5 7H20M11.5 13H20M11.5 19H20"/>',
  timer: '<circle cx="12" cy="13.5" r="7.5"/><path d="M12 9.5v4l2.5 1.5M9.5 2.5h5"/>',
  other: '<circle cx="12" cy="12" r="8.5"/><path d="M12 8v5M12 16.2v.1"/>',
  play: '<path d="M8 5l11 7-11 7z" fill="currentColor" stroke="none"/>',
  pause: '<path d="M8.5 5.5v13M15.5 5.5v13" stroke-width="3.2"/>',
  next: '<path d="M6 6l8.5 6L6 18zM18 6v12" fill="currentColor"/>',
  previous: '<path d="M18 6l-8.5 6 8.5 6zM6 6v12" fill="currentColor"/>',
  volume: '<path d="M4 9.5v5h3.5l4.5 4v-13l-4.5 4zM15.5 9a4 4 0 0 1 0 6M18 6.5a8 8 0 0 1 0 11"/>',
  up: '<path d="M6 15l6-6 6 6"/>',
  down: '<path d="M6 9l6 6 6-6"/>',
  stop: '<rect x="7" y="7" width="10" height="10" rx="1.5" fill="currentColor" stroke="none"/>',
  plus: '<path d="M12 6v12M6 12h12"/>',
  minus: '<path d="M6 12h12"/>',
  close: '<path d="M7 7l10 10M17 7L7 17"/>',
  send: '<path d="M12 19V5.5M6 11l6-6 6 6"/>',
  sun: '<circle cx="12" cy="12" r="4"/><path d="M12 3v1.5M12 19.5V21M3 12h1.5M19.5 12H21M5.6 5.6l1.1 1.1M17.3 17.3l1.1 1.1M5.6 18.4l1.1-1.1M17.3 6.7l1.1-1.1"/>',
  moon: '<path d="M19.5 14.5A8 8 0 0 1 9.5 4.5a8 8 0 1 0 10 10z"/>',
  pin: '<path d="M12 21s6.5-6 6.5-11a6.5 6.5 0 0 0-13 0c0 5 6.5 11 6.5 11z"/><circle cx="12" cy="10" r="2.3"/>',
  home: '<path d="M4 11l8-7 8 7v8a1.5 1.5 0 0 1-1.5 1.5h-13A1.5 1.5 0 0 1 4 19z"/><path d="M10 20.5V14h4v6.5"/>',
  ask: '<path d="M9 9.5a3 3 0 1 1 4.2 2.7c-.8.4-1.2 1-1.2 1.8M12 17.5v.1"/>',
};

export function icon(name) {
  return `<svg viewBox="0 0 24 24" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="1.7" stroke-linecap="round" stroke-linejoin="round">${shapes[name] || shapes.other}</svg>`;
}

const byClass = {
  curtain: 'curtain', garage: 'blind', door: 'door', window: 'window', gate: 'door', outlet: 'plug', tv: 'media', speaker: 'speaker',
  temperature: 'temperature', humidity: 'valve', moisture: 'valve', motion: 'motion', occupancy: 'motion', battery: 'battery',
  lock: 'lock', garage_door: 'door', connectivity: 'sensor', water: 'valve', smoke: 'heat',
};
const byDomain = {
  light: 'light', switch: 'switch', input_boolean: 'switch', fan: 'fan', climate: 'climate', water_heater: 'heat', cover: 'blind', lock: 'lock', media_player: 'media',
  vacuum: 'vacuum', lawn_mower: 'vacuum', valve: 'valve', humidifier: 'humidifier', sensor: 'sensor', binary_sensor: 'sensor', person: 'person', device_tracker: 'person',
  weather: 'weather', scene: 'scene', script: 'play', button: 'switch', todo: 'todo', alarm_control_panel: 'lock',
};

/* The icon of an entity, from its class, its domain and a little from its state. */
export function iconOf(e) {
  if (e.domain === 'lock') return e.state === 'locked' ? 'lock' : 'unlock';
  if (e.domain === 'climate' && e.state === 'heat') return 'heat';
  if (e.domain === 'media_player' && !e.class) return /tv|电视|television/i.test(e.name) ? 'media' : 'speaker';
  return byClass[e.class] || byDomain[e.domain] || 'other';
}
