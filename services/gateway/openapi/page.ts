import { rowsOf, typeOf } from './schema-rows.js';
import { type ApiDocument, type JsonSchema, type Method, methods, type Operation } from './types.js';

/** Nothing of a description is markup. */
const text = (value: unknown): string =>
  String(value).replace(
    /[&<>"']/g,
    (char) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' })[char]!,
  );
/** Between backticks stands code. */
const prose = (value: string | undefined): string => text(value ?? '').replace(/`([^`]+)`/g, '<code>$1</code>');

interface Entry {
  method: Method;
  path: string;
  operation: Operation;
}

/** The description as one page without scripts: readable offline, and under the strictest of policies. */
export function docsPage(document: ApiDocument): string {
  const entries = Object.entries(document.paths).flatMap(([path, item]) =>
    methods.flatMap((method): Entry[] => (item[method] ? [{ method, path, operation: item[method] }] : [])),
  );
  const groups = (document.tags ?? [])
    .map((tag) => ({ tag, entries: entries.filter(({ operation }) => operation.tags?.[0] === tag.name) }))
    .filter((group) => group.entries.length > 0);
  const { info, components } = document;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${text(info.title)} API</title>
<link rel="stylesheet" href="/docs/style.css">
</head>
<body>
<a class="skip" href="#main">To the text</a>
<nav aria-label="Operations">
<p class="title">${text(info.title)} <small>${text(info.version)}</small></p>
${groups.map(({ tag, entries }) => `<p><a href="#tag-${text(tag.name)}">${text(tag.name)}</a></p><ul>${entries.map(link).join('')}</ul>`).join('\n')}
<p><a href="#schemas">schemas</a></p><ul>${Object.keys(components.schemas)
    .map((name) => `<li><a href="#schema-${text(name)}"><span></span>${text(name)}</a></li>`)
    .join('')}</ul>
</nav>
<main id="main">
<h1>${text(info.title)} API</h1>
<p>${prose(info.description)}</p>
<p>The same for programs: <a href="/openapi.json">openapi.json</a>. What goes over the streams: <a href="/asyncapi.json">asyncapi.json</a>.</p>
<p><code>curl -H "Authorization: Bearer $SEALSTREAM_API_KEY" "$SEALSTREAM_URL/api/audit?limit=3"</code></p>
<h2>Credentials</h2>
<dl>${Object.entries(components.securitySchemes)
    .map(([name, { description }]) => `<dt>${text(name)}</dt><dd>${prose(description)}</dd>`)
    .join('')}</dl>
${groups
  .map(
    ({ tag, entries }) =>
      `<section><h2 id="tag-${text(tag.name)}">${text(tag.name)}</h2><p>${prose(tag.description)}</p>${entries.map(article).join('\n')}</section>`,
  )
  .join('\n')}
<section><h2 id="schemas">schemas</h2>${Object.entries(components.schemas).map(schemaArticle).join('\n')}</section>
</main>
</body>
</html>
`;
}

const link = ({ method, path, operation }: Entry): string =>
  `<li><a href="#${text(operation.operationId)}"><b class="${method}">${method}</b> <span>${text(path)}</span></a></li>`;

function article({ method, path, operation }: Entry): string {
  const { operationId, summary, description, parameters = [], requestBody, responses, security } = operation;
  const bodies = Object.entries(requestBody?.content ?? {});
  return `<article id="${text(operationId)}">
<h3>${prose(summary)}</h3>
<p class="way"><b class="${method}">${method}</b> <code>${text(path)}</code>${security?.length === 0 ? ' <span class="note">without a credential</span>' : ''}</p>
${description ? `<p>${prose(description)}</p>` : ''}
${
  parameters.length > 0
    ? table(
        ['parameter', 'type', 'meaning'],
        parameters.map(({ name, in: place, required, description, schema }) => [
          nameMarkup(name, required, place === 'query' ? '' : place),
          typeMarkup(schema),
          prose(description ?? schema.description),
        ]),
      )
    : ''
}
${bodies.map(([type, { schema }]) => `<h4>Body: ${text(type)}</h4>${schemaMarkup(schema)}`).join('')}
<h4>Answers</h4>
${table(
  ['status', 'body', 'meaning'],
  Object.entries(responses).map(([status, { description, content = {} }]) => [
    text(status),
    Object.entries(content)
      .map(([type, { schema }]) => `${isProblem(type) ? '' : `${text(type)} `}${schema ? typeMarkup(schema) : ''}`)
      .join('<br>'),
    prose(description),
  ]),
)}
${Object.entries(responses).map(answerMarkup).join('')}
</article>`;
}

const isProblem = (type: string): boolean => type === 'application/problem+json';

/** What an answer holds, where it has no name under which that is said. */
const answerMarkup = ([status, { content = {} }]: [string, Operation['responses'][string]]): string =>
  Object.entries(content)
    .filter(([type, { schema }]) => schema && !isProblem(type) && rowsOf(schema).length > 0)
    .map(([type, { schema }]) => `<h4>${text(status)}: ${text(type)}</h4>${schemaMarkup(schema!)}`)
    .join('');

const schemaArticle = ([name, schema]: [string, JsonSchema]): string =>
  `<article id="schema-${text(name)}"><h3>${text(name)}</h3>${schema.description ? `<p>${prose(schema.description)}</p>` : ''}${schemaMarkup(schema)}</article>`;

function schemaMarkup(schema: JsonSchema): string {
  const rows = rowsOf(schema);
  if (rows.length === 0) return `<p>${typeMarkup(schema)} ${prose(schema.description)}</p>`;
  return table(
    ['member', 'type', 'meaning'],
    rows.map(({ name, required, schema }) => [
      nameMarkup(name, required),
      typeMarkup(schema),
      prose(schema.description),
    ]),
  );
}

/** Where it stands, too, where that is not the query. */
const nameMarkup = (name: string, required = false, place = ''): string => {
  const notes = [...(required ? ['required'] : []), ...(place === '' ? [] : [`in the ${place}`])].join(', ');
  return `<code>${text(name)}</code>${notes === '' ? '' : ` <span class="note">${text(notes)}</span>`}`;
};

/** Names of components lead to them. */
const typeMarkup = (schema: JsonSchema): string =>
  text(typeOf(schema)).replace(/#(\w+)/g, '<a href="#schema-$1">$1</a>');

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  `<table><thead><tr>${head.map((cell) => `<th scope="col">${cell}</th>`).join('')}</tr></thead><tbody>${rows
    .map((cells) => `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`)
    .join('')}</tbody></table>`;
