import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openPlaces } from '../../services/alerts/geo/index.js';
import { addressOf } from '../../services/gateway/query/insight/actors.js';

const { locate } = openPlaces({ files: [] });
const countryOf = (ip: string): string | undefined => locate(ip)?.country;

test('an address of an actor has its country where that is known', () => {
  assert.deepEqual(addressOf('08080808', countryOf), { ip: '8.8.8.8', country: 'US' });
  assert.deepEqual(addressOf('c0000204', countryOf), { ip: '192.0.2.4' }, 'documentation is nowhere');
  assert.deepEqual(addressOf('', countryOf), { ip: '' });
  assert.deepEqual(addressOf('08080808'), { ip: '8.8.8.8' });
});
