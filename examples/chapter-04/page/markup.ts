/**
 * Text as HTML. Texts are plain but for four marks, which say the same in every language:
 *
 *     `code`   *a term, where it is first met*   **what matters**   _x_, a variable
 */

const MARKS = /`([^`]+)`|\*\*([^*]+)\*\*|\*([^*]+)\*|(?<![A-Za-z_])_([^_]+)_(?![A-Za-z_])/g;

/** Text between tags and within quoted attributes. */
export function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

/** A text with its marks as elements. */
export function inline(text: string): string {
  let markup = "";
  let at = 0;
  for (const match of text.matchAll(MARKS)) {
    const [whole, code, strong, term, variable] = match;
    markup += unbroken(text.slice(at, match.index));
    if (code !== undefined) markup += `<code translate="no">${escaped(code)}</code>`;
    else if (strong !== undefined) markup += `<strong>${escaped(strong)}</strong>`;
    else if (term !== undefined) markup += `<dfn>${escaped(term)}</dfn>`;
    else markup += `<var>${escaped(variable ?? "")}</var>`;
    at = match.index + whole.length;
  }
  return markup + unbroken(text.slice(at));
}

/** A text in which `1e-4` stays on one line. */
function unbroken(text: string): string {
  return escaped(text).replace(/-?\d[\d.]*e[-+]\d+/g, '<span class="whole">$&</span>');
}

/** A text without its marks. */
export function plain(text: string): string {
  return text.replace(MARKS, (_, ...marked) => marked.slice(0, 4).find((text) => text !== undefined));
}
