import { createContext } from 'preact';

/** What values can have done to them where they stand; the shell provides copying, Explore and the event filtering. */
export interface ValueActions {
  copy: (text: string) => void;
  /** By the name of the API's parameter. */
  include?: (field: string, value: string) => void;
  exclude?: (field: string, value: string) => void;
}

export const Actions = createContext<ValueActions>({ copy: () => {} });
