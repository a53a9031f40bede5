import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { openPlaces, placesWarning } from '../../services/alerts/geo/index.js';
import { parseRules } from '../../services/alerts/rules/index.js';
import { writeMmdb } from '../support/mmdb.js';

const folder = mkdtempSync(join(tmpdir(), 'places-'));
after(() => rmSync(folder, { recursive: true }));

const fileOf = (name: string, records: Parameters<typeof writeMmdb>[0]['records'], ipVersion: 4 | 6 = 4): string => {
  const file = join(folder, name);
  writeFileSync(file, writeMmdb({ type: name, ipVersion, records }));
  return file;
};

const cities = fileOf('cities', [
  ['8.8.8.0/24', { country_code: 'US', city: 'Mountain View', latitude: 37.5, longitude: -122.25 }],
  ['10.0.0.0/8', { country_code: 'US', latitude: 1, longitude: 1 }],
]);
const maxmind = fileOf('GeoLite2-City', [
  ['8.8.8.0/24', { country: { iso_code: 'US' }, location: { latitude: 37.5, longitude: -97.5 } }],
]);

describe('places of addresses', () => {
  test('the package that comes with Sealstream knows countries, of IPv4 and IPv6', () => {
    const { locate, precision, about } = openPlaces({ files: [] });
    assert.equal(precision, 'countries');
    assert.match(about, /dbip-country/);
    assert.equal(locate('193.99.144.80')?.country, 'DE');
    assert.equal(locate('2001:67c:2e8:22::c100:68b')?.country, 'NL');
    const point = locate('200.160.2.3')!;
    assert.ok(point.lat < -10 && point.lat > -30 && point.lon < -40, `Brazil is at ${JSON.stringify(point)}`);
  });

  test('private, local and documentation addresses are nowhere, whatever a file says', () => {
    const { locate } = openPlaces({ files: [cities] });
    for (const address of [
      '10.1.2.3',
      '127.0.0.1',
      '192.168.1.1',
      '203.0.113.9',
      '2001:db8::1',
      'fe80::1',
      '::1',
      'no',
    ]) {
      assert.equal(locate(address), undefined, address);
    }
  });

  test('a file of cities gives the place itself, in the form of ip-location-db and in that of MaxMind', () => {
    assert.deepEqual(openPlaces({ files: [cities] }).locate('8.8.8.8'), { lat: 37.5, lon: -122.25, country: 'US' });
    assert.deepEqual(openPlaces({ files: [maxmind] }).locate('8.8.8.8'), { lat: 37.5, lon: -97.5, country: 'US' });
    assert.equal(openPlaces({ files: [maxmind] }).precision, 'places');
  });

  test('several files are asked in their order', () => {
    const { locate } = openPlaces({ files: [cities, fileOf('more', [['9.0.0.0/8', { country_code: 'FR' }]])] });
    assert.equal(locate('8.8.8.8')?.country, 'US');
    assert.equal(locate('9.9.9.9')?.country, 'FR');
    assert.equal(locate('7.7.7.7'), undefined);
  });

  test('an IPv6 address is not asked of a file of IPv4', () => {
    assert.equal(openPlaces({ files: [cities] }).locate('2606:4700::1'), undefined);
  });

  test('a named file that is missing or no MMDB is refused by name', () => {
    const junk = join(folder, 'junk.mmdb');
    writeFileSync(junk, 'not a database');
    const refused = (file: string, why: RegExp): void =>
      assert.throws(
        () => openPlaces({ files: [file] }),
        (error: Error & { code?: string }) => {
          assert.equal(error.code, 'geoip_file');
          assert.match(error.message, why);
          return error.message.startsWith(file);
        },
      );
    refused(junk, /damaged, or in another format/);
    refused(join(folder, 'absent.mmdb'), /cannot be read: ENOENT/);
  });

  test('without any file nothing is located, and that is said of the rules that need it', () => {
    const places = openPlaces({ files: [], resolve: () => undefined });
    assert.equal(places.locate('8.8.8.8'), undefined);
    const rule = (name: string, more: object): object => ({ name, filter: { action: 'auth.login' }, ...more });
    const parsed = parseRules(
      [
        rule('Far away', { impossible_travel: true }),
        rule('Another country', { new_value: { field: 'ip.country', learning: '30d' } }),
        rule('Another address', { new_value: { field: 'ip', learning: '30d' } }),
      ]
        .map((one) => JSON.stringify(one))
        .join('\n---\n'),
    );
    assert.ok('rules' in parsed, JSON.stringify(parsed));
    const warning = placesWarning(parsed.rules, places);
    assert.match(warning!, /SEALSTREAM_GEOIP_FILE/);
    assert.match(warning!, /: "Far away", "Another country"$/);
    assert.equal(placesWarning(parsed.rules, openPlaces({ files: [cities] })), undefined);
    assert.equal(placesWarning([parsed.rules[2]!], places), undefined);
  });
});
