import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  type Checkpoint,
  cosignText,
  createNoteKey,
  formatCheckpoint,
  formatNote,
  formatSignatureLines,
  formatVkey,
  openCheckpoint,
  openNote,
  parseCheckpoint,
  parseNote,
  parseSignatureLines,
  parseVkey,
  signText,
  type TlogCode,
  TlogError,
  withSignatures,
} from '../../services/core/tlog/index.js';
import { createNodeVerifier, sha256 } from '../../services/core/tlog/node.js';
import { makeNoteSigner } from '../support/note-keys.js';

const verify = createNodeVerifier();
const origin = 'audit.example.com/00112233445566778899aabbccddeeff/3';
const log = makeNoteSigner(origin);
const nextLog = makeNoteSigner(origin);
const otherLog = makeNoteSigner('audit.example.com/registry');
const witnesses = ['w1', 'w2', 'w3'].map((name) => makeNoteSigner(`${name}.example.org`, 0x04));
const [w1, w2] = witnesses as [(typeof witnesses)[0], (typeof witnesses)[0]];
const checkpoint: Checkpoint = { origin, size: 300, root: new Uint8Array(32).fill(7), extensions: [] };
const text = formatCheckpoint(checkpoint);

const refusedWith =
  (...codes: TlogCode[]) =>
  (error: unknown): boolean =>
    error instanceof TlogError && codes.includes(error.code);
const signedBy = async (...signers: (typeof log)[]): Promise<string> =>
  formatNote({
    text,
    signatures: await Promise.all(
      signers.map(({ key, sign }) =>
        key.type === 0x04 ? cosignText({ text, key, sign, timeSeconds: 1_790_000_000 }) : signText({ text, key, sign }),
      ),
    ),
  });

describe('the form of a note (C2SP signed-note)', () => {
  test('is read and written back byte for byte, from bytes and from text', async () => {
    const note = await signedBy(log, w1, w2);
    assert.equal(formatNote(parseNote(note)), note);
    assert.deepEqual(parseNote(Buffer.from(note)), parseNote(note));
  });

  test('anything else is refused with a code, never with a crash', async () => {
    const note = await signedBy(log);
    const line = note.slice(text.length + 1);
    const [, name, signature] = line.trim().split(' ') as [string, string, string];
    for (const bad of [
      '',
      '\n',
      'text',
      text,
      `${text}\n`,
      note.slice(0, -1),
      `${note}\n`,
      `${note}text\n`,
      note.replace('— ', '- '),
      note.replace('— ', '—'),
      note.replace('— ', ' — '),
      `${text}\n— ${name}\n`,
      `${text}\n— ${name} \n`,
      `${text}\n— ${name}  ${signature}\n`,
      `${text}\n— ${name} ${signature} \n`,
      `${text}\n—  ${signature}\n`,
      `${text}\n— a+b ${signature}\n`,
      `${text}\n— a\u00a0b ${signature}\n`,
      `${text}\n— a\u0085b ${signature}\n`,
      `${text}\n— ${name} ${signature.slice(0, -1)}\n`,
      `${text}\n— ${name} AAAA\n`,
      `${text}\n— ${name} AAAAAA==\n`,
      `${text}\n— ${name} AAAAAAB=\n`,
      `${text}\n— ${name} ${signature.replaceAll('/', '_').replaceAll('+', '-')}_\n`,
      `${text}\n— ${name} ${signature}\n\n`,
      `${text}\n${line.repeat(101)}`,
      note.replace('300', '30\t0'),
      note.replace('300', '30\r0'),
      note.replace('300', '30\u00000'),
      note.replace('300', '30\ud8000'),
      Buffer.concat([Buffer.from([0xff]), Buffer.from(note)]),
      Buffer.concat([Buffer.from([0xc0, 0x80]), Buffer.from(note)]),
      Buffer.concat([Buffer.from([0xed, 0xa0, 0x80]), Buffer.from(note)]),
      `${'x'.repeat(1_048_576)}${note}`,
      `${'é'.repeat(600_000)}${note}`,
    ]) {
      assert.throws(() => parseNote(bad), refusedWith('bad_note'), JSON.stringify(bad.slice(0, 400).toString()));
    }
    parseNote(`${text}\n${line.repeat(100)}`);
    parseNote(`\n\n${line}`);
  });

  test('a byte order mark is part of the text and not swallowed', async () => {
    const note = await signedBy(log);
    assert.equal(parseNote(Buffer.from(`\ufeff${note}`)).text, `\ufeff${text}`);
    await assert.rejects(
      openNote({ note: `\ufeff${note}`, keys: [log.key], verify }),
      refusedWith('invalid_signature'),
    );
  });

  test('no truncation and no flipped bit of a signed note is verified', async () => {
    const note = Buffer.from(await signedBy(log));
    const altered = [...note.keys()].flatMap((at) => {
      const flipped = Buffer.from(note);
      flipped[at]! ^= 1 << (at % 8);
      return [flipped, note.subarray(0, at)];
    });
    for (const bad of altered) {
      await assert.rejects(
        openCheckpoint({ note: bad, origin, logKeys: [log.key], verify }),
        refusedWith('bad_note', 'bad_checkpoint', 'wrong_origin', 'invalid_signature', 'unverified_note'),
      );
    }
  });
});

describe('who has signed', () => {
  test('signatures of keys that are not known are passed over, whatever is in them', async () => {
    const note = await signedBy(otherLog, log, w1);
    const opened = await openNote({ note, keys: [log.key], verify });
    assert.deepEqual(
      opened.verified.map(({ key }) => key.name),
      [origin],
    );
    assert.deepEqual(
      opened.unknown.map(({ name }) => name),
      [otherLog.key.name, w1.key.name],
    );
  });

  test('a wrong signature of a known key condemns the note, however many others are right', async () => {
    const signed = parseNote(await signedBy(log, w1));
    const other = `${text}x\n`;
    const wrong = await signText({ text: other, ...nextLog });
    const note = formatNote(withSignatures(signed, [wrong]));
    await openNote({ note, keys: [log.key], verify });
    await assert.rejects(openNote({ note, keys: [log.key, nextLog.key], verify }), refusedWith('invalid_signature'));
  });

  test('a name or an id alone makes nobody known', async () => {
    const signed = parseNote(await signedBy(log));
    const [signature] = signed.signatures;
    for (const other of [
      { ...signature!, name: 'other.example.com' },
      { ...signature!, keyId: signature!.keyId ^ 1 },
    ]) {
      const note = formatNote({ text, signatures: [other] });
      await assert.rejects(openNote({ note, keys: [log.key], verify }), refusedWith('unverified_note'));
    }
  });

  test('of several signatures of one key the first counts', async () => {
    const note = await signedBy(log, log);
    assert.equal((await openNote({ note, keys: [log.key, { ...log.key }], verify })).verified.length, 1);
    const wrong = await signText({ text: `${text}x\n`, ...log });
    const [right] = parseNote(note).signatures;
    const wrongFirst = formatNote({ text, signatures: [wrong, right!] });
    await assert.rejects(openNote({ note: wrongFirst, keys: [log.key], verify }), refusedWith('invalid_signature'));
  });

  test('two different keys of one name and id are refused: nobody could tell which is meant', async () => {
    const keys = [log.key, { ...log.key, publicKey: nextLog.key.publicKey }];
    await assert.rejects(openNote({ note: await signedBy(log), keys, verify }), refusedWith('bad_key'));
  });

  test('a signature of another length is wrong, and no reason to stumble', async () => {
    for (const length of [1, 7, 8, 63, 65, 72]) {
      for (const { key } of [log, w1]) {
        if (length === (key.type === 0x04 ? 72 : 64)) continue;
        const signature = { name: key.name, keyId: key.keyId, signature: new Uint8Array(length) };
        const note = formatNote({ text, signatures: [signature] });
        await assert.rejects(openNote({ note, keys: [key], verify }), refusedWith('invalid_signature'));
      }
    }
  });
});

describe('verification keys', () => {
  test('are written and read back', () => {
    for (const { key } of [log, ...witnesses]) assert.deepEqual(parseVkey({ sha256, vkey: formatVkey(key) }), key);
  });

  test('of another form, id, type or length are refused', () => {
    const vkey = formatVkey(log.key);
    const [name, id, key] = vkey.split('+') as [string, string, string];
    const typed = (bytes: number[]): string => Buffer.from(bytes).toString('base64');
    for (const bad of [
      '',
      name,
      `${name}+${id}`,
      `${name}+${id}+`,
      `+${id}+${key}`,
      `${name}+${id}+${key}=`,
      `${name}+${id}+${key}+`,
      `${name}+${id.toUpperCase().replace(/[0-9]/g, 'F')}+${key}`,
      `${name}+00000000+${key}`,
      `${name}x+${id}+${key}`,
      `a b+${id}+${key}`,
      `${name}+${id}+${typed([1, 2, 3])}`,
      `${name}+${id}+${typed([6, ...new Array(1_312).fill(3)])}`,
      `${name}+${id}+${typed([])}`,
      ` ${vkey}`,
      `${vkey}\n`,
    ]) {
      assert.throws(() => parseVkey({ sha256, vkey: bad }), refusedWith('bad_key'), bad);
    }
  });

  test('under which anything verifies are refused: points of low order, other spellings of a point', () => {
    const point = (first: number, rest = 0, last = rest): Uint8Array =>
      new Uint8Array(32).fill(rest).with(0, first).with(31, last);
    for (const publicKey of [point(0), point(1), point(0xec, 0xff, 0x7f), point(0xee, 0xff, 0x7f)]) {
      assert.throws(() => createNoteKey({ sha256, name: 'x', publicKey }), refusedWith('bad_key'));
    }
  });

  test('are of one type: the same public key has another id as a witness', () => {
    const asWitness = createNoteKey({ sha256, name: log.key.name, publicKey: log.key.publicKey, type: 0x04 });
    assert.notEqual(asWitness.keyId, log.key.keyId);
  });
});

describe('checkpoints', () => {
  test('are three lines and what the log adds', () => {
    assert.equal(text, `${origin}\n300\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n`);
    assert.deepEqual(parseCheckpoint(text), checkpoint);
    const extended = { ...checkpoint, extensions: ['one', 'two'] };
    assert.deepEqual(parseCheckpoint(formatCheckpoint(extended)), extended);
  });

  test('of another form are refused', () => {
    const [, , root] = text.split('\n') as [string, string, string];
    for (const bad of [
      '',
      '\n',
      text.slice(0, -1),
      `${text}\n`,
      `\n300\n${root}\n`,
      `${origin}\n300\n`,
      `${origin}\n\n${root}\n`,
      `${origin}\n0300\n${root}\n`,
      `${origin}\n+300\n${root}\n`,
      `${origin}\n-1\n${root}\n`,
      `${origin}\n3e2\n${root}\n`,
      `${origin}\n 300\n${root}\n`,
      `${origin}\n9007199254740992\n${root}\n`,
      `${origin}\n99999999999999999999\n${root}\n`,
      `${origin}\n300\n${root.slice(0, -1)}\n`,
      `${origin}\n300\n${Buffer.alloc(31).toString('base64')}\n`,
      `${origin}\n300\n${Buffer.alloc(33).toString('base64')}\n`,
      `${origin}\n300\n${root}\n\n`,
      `${origin}\n300\n${root}\na\n\nb\n`,
    ]) {
      assert.throws(() => parseCheckpoint(bad), refusedWith('bad_checkpoint'), JSON.stringify(bad));
    }
    for (const change of [
      { origin: 'a\nb' },
      { origin: '' },
      { size: -1 },
      { size: 1.5 },
      { extensions: ['a\nb'] },
      { extensions: [''] },
    ]) {
      assert.throws(() => formatCheckpoint({ ...checkpoint, ...change }), refusedWith('bad_checkpoint'));
    }
  });

  test('are opened with who has signed: the log, its next key during a rotation, and witnesses with their time', async () => {
    const note = await signedBy(log, nextLog, w1, w2);
    const opened = await openCheckpoint({
      note,
      origin,
      logKeys: [log.key, nextLog.key],
      witnessKeys: [w1.key, w2.key],
      verify,
    });
    assert.deepEqual(opened.checkpoint, checkpoint);
    assert.equal(opened.text, text);
    assert.deepEqual(
      opened.signatures.map(({ key }) => key),
      [log.key, nextLog.key],
    );
    assert.deepEqual(
      opened.cosignatures.map(({ key, timeSeconds }) => [key.name, timeSeconds]),
      [
        ['w1.example.org', 1_790_000_000],
        ['w2.example.org', 1_790_000_000],
      ],
    );
  });

  test('of another log are not taken for those of this one', async () => {
    const others = formatCheckpoint({ ...checkpoint, origin: otherLog.key.name });
    const keys = { origin, logKeys: [log.key, otherLog.key], verify };
    const theirs = formatNote({ text: others, signatures: [await signText({ text: others, ...otherLog })] });
    await assert.rejects(openCheckpoint({ ...keys, note: theirs }), refusedWith('wrong_origin'));
    // The one log's key under the other's checkpoint: signed by a known key, and yet not by the log it is of.
    const stolen = formatNote({ text, signatures: [await signText({ text, ...otherLog })] });
    await assert.rejects(openCheckpoint({ ...keys, note: stolen }), refusedWith('unverified_note'));
  });

  test('that only witnesses have signed are not verified', async () => {
    const note = await signedBy(w1, w2);
    const keys = { origin, logKeys: [log.key], witnessKeys: [w1.key, w2.key], verify };
    await assert.rejects(openCheckpoint({ ...keys, note }), refusedWith('unverified_note'));
  });
});

describe('cosignatures (C2SP tlog-cosignature)', () => {
  test('are over "cosignature/v1", the time and the text, with the time in front of the signature', async () => {
    let signed = '';
    const sign = (message: Uint8Array): Uint8Array => {
      signed = Buffer.from(message).toString();
      return new Uint8Array(64);
    };
    const { signature } = await cosignText({ text, key: w1.key, sign, timeSeconds: 1_679_315_147 });
    assert.equal(signed, `cosignature/v1\ntime 1679315147\n${text}`);
    assert.equal(Buffer.from(signature.subarray(0, 8)).toString('hex'), '00000000641850cb');
    assert.equal(signature.length, 72);
  });

  test('with another time than the signed one are wrong', async () => {
    const cosignature = await cosignText({ text, ...w1, timeSeconds: 1_790_000_000 });
    for (const at of [0, 3, 7]) {
      const signature = cosignature.signature.with(at, cosignature.signature[at]! ^ 0x80);
      const note = formatNote({ text, signatures: [{ ...cosignature, signature }] });
      await assert.rejects(openNote({ note, keys: [w1.key], verify }), refusedWith('invalid_signature'));
    }
  });

  test("a witness's key does not make a log's signature, nor the other way round", async () => {
    await assert.rejects(signText({ text, ...w1 }), refusedWith('bad_key'));
    await assert.rejects(cosignText({ text, ...log, timeSeconds: 1 }), refusedWith('bad_key'));
    for (const timeSeconds of [0, -1, 1.5, 2 ** 53]) {
      await assert.rejects(cosignText({ text, ...w1, timeSeconds }), refusedWith('bad_note'));
    }
  });

  test('are added to a note as a witness answers them, the newer in place of the older', async () => {
    const lines = formatSignatureLines([await cosignText({ text, ...w1, timeSeconds: 5 })]);
    const once = withSignatures(parseNote(await signedBy(log)), parseSignatureLines(lines));
    const again = withSignatures(once, [await cosignText({ text, ...w1, timeSeconds: 9 })]);
    const opened = await openCheckpoint({ note: formatNote(again), logKeys: [log.key], witnessKeys: [w1.key], verify });
    assert.deepEqual(
      opened.cosignatures.map(({ timeSeconds }) => timeSeconds),
      [9],
    );
    assert.equal(again.signatures.length, 2);
  });

  test('an answer that is no signature lines is refused', () => {
    for (const bad of ['', '\n', 'no', '— a AAAAAAA=', '<html>\n', '— a AAAAAAA=\n\n— b AAAAAAA=\n']) {
      assert.throws(() => parseSignatureLines(bad), refusedWith('bad_note'), bad);
    }
  });
});
