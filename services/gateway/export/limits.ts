export interface ExportLimits {
  /** Of one answer; a spreadsheet's sheet holds 1,048,576 rows. */
  events: number;
  /** Written at once by this gateway, and for one API key. */
  atOnce: number;
  atOncePerKey: number;
  /** Fetched at once: so many rows, and of larger events about so much text. */
  pageRows: number;
  pageCharacters: number;
  /** For which a client may take nothing. */
  stallMs: number;
  /** For the whole of it. */
  longestMs: number;
}

export const defaultExportLimits: ExportLimits = {
  events: 1_000_000,
  atOnce: 4,
  atOncePerKey: 2,
  pageRows: 2_500,
  pageCharacters: 4_194_304,
  stallMs: 60_000,
  longestMs: 3_600_000,
};
