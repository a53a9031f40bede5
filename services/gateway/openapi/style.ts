/** Of the page at /docs. */
export const docsStyle = `:root {
  color-scheme: light dark;
  --text: #1c2430; --back: #fff; --line: #d9dee5; --soft: #f0f2f5; --faint: #5a6472; --accent: #1f5fd0;
  --get: #1f5fd0; --post: #17733f; --put: #8a5a00; --delete: #b3261e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --text: #e4e8ee; --back: #12161c; --line: #303846; --soft: #1e2530; --faint: #9aa5b4; --accent: #8ab4f8;
    --get: #8ab4f8; --post: #6fcf97; --put: #e2b45c; --delete: #f28b82;
  }
}
body { display: grid; grid-template-columns: 20rem minmax(0, 1fr); margin: 0; color: var(--text); background: var(--back); font: 15px/1.5 system-ui, sans-serif; }
a { color: inherit; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 2px; }
.skip { position: absolute; left: -100vw; padding: .5rem 1rem; background: var(--accent); color: var(--back); }
.skip:focus { left: 0; z-index: 1; }
nav { position: sticky; top: 0; height: 100vh; overflow: auto; padding: 1rem; border-right: 1px solid var(--line); box-sizing: border-box; }
nav p { margin: 1rem 0 .25rem; font-weight: 600; }
nav p.title { margin-top: 0; font-size: 1.1rem; }
nav ul { margin: 0; padding: 0; list-style: none; font-size: 13px; }
nav li a { display: grid; grid-template-columns: 3.6rem minmax(0, 1fr); padding: .1rem 0; overflow-wrap: anywhere; }
nav a { text-decoration: none; }
nav a:hover { text-decoration: underline; }
main { padding: 1rem 2rem 6rem; max-width: 70rem; min-width: 0; }
h2 { margin-top: 3rem; scroll-margin-top: 1rem; }
article { margin: 1.5rem 0; padding: 1rem 1.25rem; border: 1px solid var(--line); border-radius: 6px; scroll-margin-top: 1rem; }
article:target { outline: 2px solid var(--accent); }
h3 { margin: 0; font-size: 1.05rem; }
h4 { margin: 1.25rem 0 .25rem; }
.way { margin: .25rem 0; overflow-wrap: anywhere; }
.note { color: var(--faint); }
b.get, b.post, b.put, b.patch, b.delete { text-transform: uppercase; font-size: .75em; line-height: 2; letter-spacing: .04em; }
b.get { color: var(--get); } b.post { color: var(--post); } b.put, b.patch { color: var(--put); } b.delete { color: var(--delete); }
code { overflow-wrap: anywhere; font: .92em ui-monospace, monospace; background: var(--soft); padding: .05em .25em; border-radius: 3px; }
table { width: 100%; border-collapse: collapse; font-size: 13px; }
th, td { padding: .25rem 1rem .25rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
th { color: var(--faint); font-weight: 600; }
td:first-child { white-space: nowrap; }
td { overflow-wrap: anywhere; }
td:nth-child(2) { min-width: 8rem; }
dt { font-weight: 600; }
dd { margin-left: 1.5rem; }
@media (max-width: 60rem) {
  body { display: block; }
  nav { position: static; height: auto; border: 0; border-bottom: 1px solid var(--line); display: flex; flex-wrap: wrap; gap: 0 1rem; }
  nav ul { display: none; }
  nav p { margin: .25rem 0; }
  nav p.title { width: 100%; }
  nav a { text-decoration: underline; }
  main { padding: 1rem 1rem 4rem; }
  article { padding: .75rem; }
}
@media (max-width: 40rem) {
  table, tbody, tr, td { display: block; }
  thead { position: absolute; left: -100vw; }
  tr { padding: .35rem 0; border-bottom: 1px solid var(--line); }
  td { padding: 0; border: 0; }
  td:first-child { white-space: normal; }
}
`;
