import { readFileSync } from 'node:fs';
import { isIPv4 } from 'node:net';
import { Reader } from 'mmdb-lib';
import { messageOf, SealstreamError } from '../../core/errors.js';
import type { Place } from '../windows/match.js';
import { countryPoints } from './country-points.js';

/** One file of the MaxMind DB format, held in memory. */
export interface Database {
  file: string;
  /** What the file calls itself, and when it was made (`2026-06-01`). */
  title: string;
  builtOn: string;
  /** Undefined where the file says nothing of the address. Throws where its data are damaged. */
  find(address: string): Found | undefined;
}

export interface Found {
  place: Place;
  /** The point is the address's own, not its country's. */
  exact: boolean;
}

/** The records of ip-location-db, which are flat, and those of MaxMind (GeoIP2, GeoLite2). */
interface Record {
  country_code?: unknown;
  latitude?: unknown;
  longitude?: unknown;
  country?: { iso_code?: unknown };
  registered_country?: { iso_code?: unknown };
  location?: { latitude?: unknown; longitude?: unknown };
}

/** Reads a file whole. Throws a SealstreamError `geoip_file` that names it. */
export function openDatabase(file: string): Database {
  const reader = read(file);
  const { ipVersion, databaseType, buildEpoch } = reader.metadata;
  return {
    file,
    title: databaseType,
    builtOn: buildEpoch.toISOString().slice(0, 10),
    find(address) {
      if (ipVersion === 4 && !isIPv4(address)) return undefined;
      const record = reader.get(address);
      return record ? foundIn(record as Record) : undefined;
    },
  };
}

function read(file: string): Reader<never> {
  const refuse = (why: string): SealstreamError =>
    new SealstreamError(
      'geoip_file',
      `${file} ${why}. It has to be an MMDB file with countries or places of addresses`,
    );
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw refuse(`cannot be read: ${messageOf(error)}`);
  }
  try {
    const reader = new Reader<never>(bytes);
    for (const address of ['8.8.8.8', '193.0.6.139']) reader.get(address);
    return reader;
  } catch (error) {
    throw refuse(`is damaged, or in another format: ${messageOf(error)}`);
  }
}

function foundIn({
  country_code,
  latitude,
  longitude,
  country,
  registered_country,
  location,
}: Record): Found | undefined {
  const code = [country_code, country?.iso_code, registered_country?.iso_code].find(isCountry);
  const named = code === undefined ? {} : { country: code };
  const lat = latitude ?? location?.latitude;
  const lon = longitude ?? location?.longitude;
  if (isDegrees(lat, 90) && isDegrees(lon, 180)) return { place: { lat, lon, ...named }, exact: true };
  const point = code === undefined ? undefined : countryPoints.get(code);
  return point && { place: { ...point, ...named }, exact: false };
}

const isCountry = (value: unknown): value is string => typeof value === 'string' && /^[A-Z]{2}$/.test(value);
const isDegrees = (value: unknown, most: number): value is number =>
  typeof value === 'number' && Math.abs(value) <= most;
