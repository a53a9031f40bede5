import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createMetrics } from '../../services/core/metrics.js';
import { addressCounted } from '../../services/gateway/auth/attempts/address.js';
import { createSignInAttempts } from '../../services/gateway/auth/attempts/attempts.js';
import { challenge } from '../../services/gateway/auth/challenge.js';
import { unavailable } from '../../services/gateway/errors.js';
import { createTokenBuckets } from '../../services/gateway/http/token-buckets.js';
import type { SystemAct } from '../../services/gateway/registry/system-log.js';

describe('an address that is counted', () => {
  test('is all of IPv4, however it is written, and the first half of IPv6', () => {
    assert.equal(addressCounted('192.0.2.7'), '192.0.2.7');
    assert.equal(addressCounted('::ffff:192.0.2.7'), '192.0.2.7');
    assert.equal(addressCounted('2001:db8:1:2:3:4:5:6'), '2001:db8:1:2::/64');
    assert.equal(addressCounted('2001:db8:1:2::ffff'), addressCounted('2001:db8:1:2:aaaa::1'));
    assert.notEqual(addressCounted('2001:db8:1:3::1'), addressCounted('2001:db8:1:2::1'));
    assert.equal(addressCounted('nonsense'), 'unknown');
  });
});

describe('failures to sign in', () => {
  const request = { id: 'r', ip: '192.0.2.7', headers: {} };
  const attemptsWith = (perAddress = 1_000_000) => {
    const limiter = (burst: number) => {
      const buckets = createTokenBuckets({ perSecond: 0.001, burst });
      const rate = { perSecond: 0.001, burst };
      return { what: 'x', rate, take: async (key: string) => ({ waitMs: buckets.take(key), left: buckets.left(key) }) };
    };
    const acts: SystemAct[] = [];
    const attempts = createSignInAttempts({
      byAddress: limiter(perAddress),
      byIdentifier: limiter(1_000_000),
      systemLog: { writeLater: (act) => void acts.push(act) },
      metrics: createMetrics('gateway', { process: false }),
    });
    return { attempts, acts };
  };
  const refuse = async (): Promise<never> => {
    throw challenge('no');
  };

  test('are written down, a flood of them bounded, and how many were not is told', async () => {
    const { attempts, acts } = attemptsWith();
    for (let nth = 0; nth < 2_000; nth += 1) {
      await assert.rejects(attempts.run(request, { method: 'api_token' }, refuse), { kind: 'unauthenticated' });
    }
    assert.ok(acts.length >= 100 && acts.length < 200, String(acts.length));
    await new Promise((resolve) => setTimeout(resolve, 400));
    await assert.rejects(attempts.run(request, { method: 'api_token' }, refuse));
    const told = acts.reduce((sum, { details }) => sum + Number(details.not_written ?? 0), 0);
    assert.equal(acts.length + told, 2_001);
  });

  test('beyond the rate are one event, whatever their number, and nothing is looked up', async () => {
    const { attempts, acts } = attemptsWith(3);
    let looked = 0;
    const look = async (): Promise<undefined> => {
      looked += 1;
      return undefined;
    };
    for (let nth = 0; nth < 3; nth += 1) await attempts.run(request, { method: 'one_time_link' }, look);
    for (let nth = 0; nth < 50; nth += 1) {
      await assert.rejects(attempts.run(request, { method: 'one_time_link' }, look), { kind: 'rate-limited' });
    }
    assert.equal(looked, 3);
    assert.deepEqual(
      acts.map(({ reason }) => reason),
      ['unknown_credential', 'unknown_credential', 'unknown_credential', 'rate_limited'],
    );
  });

  test('are none where a part is away', async () => {
    const { attempts, acts } = attemptsWith();
    const away = async (): Promise<never> => {
      throw unavailable('redis', 'away');
    };
    await assert.rejects(attempts.run(request, { method: 'api_token' }, away), { kind: 'unavailable' });
    assert.deepEqual(acts, []);
  });
});
