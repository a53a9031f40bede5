import type { Command } from 'commander';
import type { CommonOptions } from '../commands/command.js';
import { withCommonOptions } from '../commands/command.js';

/** Options of all commands about alerts that ask the gateway. */
export interface AlertOptions extends CommonOptions {
  organization?: string;
}

export const withAlertOptions = (command: Command): Command =>
  withCommonOptions(
    command.option('--organization <id>', 'which organization, where the key is for several; default: the key’s'),
  );

export const headersOf = ({ organization }: AlertOptions): Record<string, string> =>
  organization === undefined ? {} : { 'x-organization-id': organization };

export const groupText = (group: Readonly<Record<string, string>>): string =>
  Object.entries(group)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');

export const pathOf = (...parts: string[]): string => `/api/${parts.map(encodeURIComponent).join('/')}`;
