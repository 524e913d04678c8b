import { posix } from 'node:path';
import { CONTENTS, type SitePage, isPage } from './pages.ts';

/** One page of the site around what its document says. */
export function layout(content: string, page: SitePage, pages: readonly SitePage[]): string {
  const to = (target: string): string => posix.relative(posix.dirname(page.target), target);
  const entries = CONTENTS.map((line) => {
    if (!isPage(line)) return `<h2>${line}</h2>`;
    const { target, title } = pages.find(({ source }) => source === line) ?? page;
    return `<a href="${to(target)}"${target === page.target ? ' aria-current="page"' : ''}>${escaped(title)}</a>`;
  });
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(page.title)} · Holdfast</title>
<link rel="stylesheet" href="${to('site.css')}">
<body>
<nav aria-label="Documents">
<details open><summary>Holdfast</summary>
${entries.join('\n')}
</details>
</nav>
<main>
${content}
</main>
</body>
</html>
`;
}

export const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
