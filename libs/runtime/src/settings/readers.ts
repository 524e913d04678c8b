import type { SettingReader } from './setting.js';

export const text: SettingReader<string> = (given) => given.trim();

export const integer: SettingReader<number> = (given) =>
  /^-?\d{1,15}$/.test(given.trim()) ? Number(given) : undefined;

export const yesOrNo: SettingReader<boolean> = (given) => {
  const word = given.trim().toLowerCase();
  if (word === 'yes' || word === 'true') return true;
  if (word === 'no' || word === 'false') return false;
  return undefined;
};

/** Comma separated; white space around and empty items are dropped. */
export const list: SettingReader<string[]> = (given) =>
  given
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
