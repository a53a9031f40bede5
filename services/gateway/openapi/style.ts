/** Of the page at /docs. */
export const docsStyle = `:root { color-scheme: light dark; --line: #8884; --soft: #8882; }
body { display: grid; grid-template-columns: 19rem minmax(0, 1fr); margin: 0; font: 15px/1.5 system-ui, sans-serif; }
nav { position: sticky; top: 0; height: 100vh; overflow: auto; padding: 1rem; border-right: 1px solid var(--line); box-sizing: border-box; }
nav p { margin: 1rem 0 .25rem; font-weight: 600; }
nav p.title { margin-top: 0; font-size: 1.1rem; }
nav ul { margin: 0; padding: 0; list-style: none; font-size: 13px; }
nav a { display: block; padding: .1rem 0; overflow-wrap: anywhere; }
a { color: inherit; }
nav a { text-decoration: none; }
main { padding: 1rem 2rem 6rem; max-width: 70rem; }
article { margin: 1.5rem 0; padding: 1rem; border: 1px solid var(--line); border-radius: 6px; scroll-margin-top: 1rem; }
article:target { outline: 2px solid #48f; }
h3 { margin: 0; font-size: 1rem; }
h4 { margin: 1rem 0 .25rem; }
b.get, b.post, b.put, b.patch, b.delete { text-transform: uppercase; font-size: .75em; letter-spacing: .04em; }
b.get { color: #2a7de1; } b.post { color: #1f9d55; } b.put, b.patch { color: #b7791f; } b.delete { color: #d64545; }
code { font: .92em ui-monospace, monospace; background: var(--soft); padding: 0 .2em; border-radius: 3px; }
table { width: 100%; border-collapse: collapse; font-size: 13px; }
th, td { padding: .25rem .5rem .25rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; overflow-wrap: anywhere; }
dt { font-weight: 600; }
@media (max-width: 60rem) { body { display: block; } nav { position: static; height: auto; } }
`;
