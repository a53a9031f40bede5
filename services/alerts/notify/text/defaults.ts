import { parseTemplate, type Template } from './template.js';

export interface Templates {
  title: Template;
  body: Template;
}

export const defaultTitle = '[{{rule.level}}] {{rule.title}}: {{state}}';

export const defaultBody = `{{rule.title}} ({{rule.level}}) is {{state}}, {{count}} events.
{{#group}}{{name}}: {{value}}
{{/group}}First seen {{first_seen}}, last seen {{last_seen}}.
Rule {{rule.id}}, version {{rule.version}}, by {{rule.author|its owner}}.`;

/** Of templates that were checked when they were saved. One that this version does not understand gives way to the default. */
export const templatesOf = ({ title, body }: { title?: string | undefined; body?: string | undefined }): Templates => ({
  title: parsedOr(title, defaultTitle),
  body: parsedOr(body, defaultBody),
});

function parsedOr(source: string | undefined, fallback: string): Template {
  for (const text of [source, fallback]) {
    const parsed = text === undefined ? undefined : parseTemplate(text);
    if (parsed && 'template' in parsed) return parsed.template;
  }
  throw new Error('a default template does not parse');
}
