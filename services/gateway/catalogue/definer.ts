import {
  type DetailsChecker,
  findAction,
  type JsonSchema,
  ownersOnlyActions,
  readDetailsSchema,
  SchemaFault,
  type Visibility,
} from '../../core/catalogue/index.js';
import { type Caller, mayActFor } from '../auth/caller.js';
import { Problem } from '../errors.js';
import type { Draft } from './definitions.js';

/** What PUT /api/actions/:name says. */
export interface DefinitionRequest {
  description: string;
  kind?: 'event' | 'stateful';
  schema?: unknown;
  visible_to?: Visibility;
}

/** A definition that may be stored. Throws a Problem that points to what is wrong. */
export function draftOf(
  name: string,
  { description, kind, schema, visible_to }: DefinitionRequest,
  { organization, caller, checker }: { organization: string; caller: Caller; checker: DetailsChecker },
): Draft {
  const known = findAction(name);
  if (ownersOnlyActions.has(name) && visible_to === 'all') {
    const detail = `events of ${name} are for owners only; an organization may hide more, not less`;
    throw new Problem('conflict', detail, { errors: [{ pointer: '/visible_to', detail }] });
  }
  if (!description.isWellFormed()) throw invalid('/description', 'holds a lone surrogate, which has no UTF-8');
  return {
    organization,
    name,
    description,
    kind: kind ?? known?.kind ?? 'event',
    schema: checkedSchema(schema ?? true, checker),
    visible_to: visible_to ?? known?.visible_to ?? 'all',
    changedBy: caller.keyId,
  };
}

function checkedSchema(value: unknown, checker: DetailsChecker): JsonSchema {
  try {
    const schema = readDetailsSchema(value);
    checker.checkSchema(schema);
    return schema;
  } catch (error) {
    if (error instanceof SchemaFault) throw invalid(`/schema${error.pointer}`, error.message);
    throw error;
  }
}

const invalid = (pointer: string, detail: string): Problem =>
  new Problem('invalid-request', `${pointer} ${detail}`, { errors: [{ pointer, detail }] });

/** The one organization that a request is about: the one that it names, or the only one of the credential. */
export function onlyOrganization(caller: Caller, header: string | undefined, asked: string | undefined): string {
  const { organizations } = caller;
  if (asked !== undefined && header !== undefined && asked !== header) {
    throw bad(`X-Organization-Id chose ${JSON.stringify(header)}`);
  }
  const only = organizations !== '*' && organizations.length === 1 ? organizations[0] : undefined;
  const organization = asked ?? header ?? only;
  if (organization === undefined || organization === '*') {
    throw bad('is required, as the credential speaks for several organizations');
  }
  if (!mayActFor(caller, organization)) {
    throw new Problem('forbidden', `the credential does not speak for organization ${JSON.stringify(organization)}`);
  }
  return organization;
}

const bad = (detail: string): Problem =>
  new Problem('invalid-request', `organization_id ${detail}`, { errors: [{ parameter: 'organization_id', detail }] });
