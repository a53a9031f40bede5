/** For the process, given to the engine when it opens. */
export const serverArgs: readonly string[] = [];

/** For every connection: makes the embedded engine behave as a server does. */
export const sessionArgs: readonly string[] = ['--implicit_select=0', '--allow_introspection_functions=0'];
