export { AccessSettings } from './access-settings.js';
export { BinanceSettings } from './binance-settings.js';
export { BusSettings } from './bus-settings.js';
export { EdgeSettings } from './edge-settings.js';
export { OpsSettings } from './ops-settings.js';
export { UpstreamSettings } from './upstream-settings.js';
export * from './readers.js';
export { Setting, SettingsError, readSettings, settingsOf } from './setting.js';
export type { Environment, SettingDetails } from './setting.js';
