import { Type } from 'typebox';

/** Parts of what the routes of alerts take and answer. */

export const Time = Type.String({ format: 'date-time' });
export const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) =>
  Type.Union([schema, Type.Null()]);
export const oneOf = <const Name extends string>(names: readonly Name[], description: string) =>
  Type.Unsafe<Name>({ type: 'string', enum: [...names], description });

export const Cursor = Type.String({ maxLength: 512, description: 'the next_cursor of an answer' });
export const NextCursor = Type.Union([Type.String(), Type.Null()], {
  description: 'of the next page; null at the end',
});
export const Organization = Type.String({ description: 'empty: the deployment’s own' });
