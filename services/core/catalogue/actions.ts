import type { ActionDefinition } from './action.js';
import { authentication } from './areas/authentication.js';
import { billing } from './areas/billing.js';
import { content } from './areas/content.js';
import { credentials } from './areas/credentials.js';
import { infrastructure } from './areas/infrastructure.js';
import { organizationActions } from './areas/organizations.js';
import { oversight } from './areas/oversight.js';
import { people } from './areas/people.js';

/** The actions of the field. Organizations may define others beside them, and events of any other are taken as well. */
export const catalogueActions: readonly ActionDefinition[] = [
  ...authentication,
  ...people,
  ...credentials,
  ...organizationActions,
  ...billing,
  ...infrastructure,
  ...content,
  ...oversight,
];
