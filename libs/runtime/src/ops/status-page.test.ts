import { describe, expect, it } from 'vitest';
import { statusPage } from './status-page.js';

describe('the status page', () => {
  it('reads instants and durations by the unit in their names', () => {
    const page = statusPage({ journal: [{ openedAt: 1_700_000_000_000, livedMs: 3_339, closedAt: null }] }, {}, {});
    expect(page).toContain('<td>2023-11-14 22:13:20.000Z</td><td>3.3 s</td><td></td>');
  });

  it('shows what a stranger wrote as text', () => {
    const page = statusPage({ clients: { name: '<script>alert("1")</script>' } }, {}, { bus: 'a & b' });
    expect(page).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;');
    expect(page).toContain('bus: a &amp; b');
    expect(page).not.toContain('<script>');
  });
});
