// The published npm client "odata" (o.js) against the emulator: what any integrator who
// takes a library from the shelf would do first.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';

import { GUEST, OTHER, start } from './emulator.mjs';

const { o } = createRequire(import.meta.url)('odata');

let emulator;
let client;

before(async () => {
  emulator = await start();
  client = () => o(emulator.root + '/', {
    headers: {
      Authorization: emulator.authorization,
      Accept: 'application/json',
      'Content-Type': 'application/json;charset=utf-8',
    },
  });
});
after(() => emulator.stop());

test('the service document names the published sets', async () => {
  const sets = await client().get('').query();
  const names = sets.map((set) => set.name);
  for (const name of ['Catalog_Clients', 'Catalog_Hotels', 'Constant_InfoBaseUUID',
    'InformationRegister_ClientChangeHistory']) {
    assert.ok(names.includes(name), name);
  }
});

test('a list is filtered, ordered and paged', async () => {
  const rows = await client().get('Catalog_Clients').query({
    $filter: 'IsFolder eq false and DeletionMark eq false',
    $select: 'Ref_Key,Code,LastName',
    $orderby: 'Code desc',
    $skip: 1,
    $top: 2,
  });
  assert.deepEqual(rows.map((row) => row.LastName), ["O'Neil", 'Иванов']);
});

test('an apostrophe and Cyrillic text go through a filter', async () => {
  const byName = (name) => client().get('Catalog_Clients').query({
    $filter: `LastName eq '${name.replaceAll("'", "''")}'`, $select: 'Ref_Key' });
  assert.deepEqual(await byName("O'Neil"), [{ Ref_Key: OTHER }]);
  assert.deepEqual(await byName('Иванов'), [{ Ref_Key: GUEST }]);
});

test('a client is read by its key', async () => {
  const row = await client().get(`Catalog_Clients(guid'${GUEST}')`).query();
  assert.equal(row.LastName, 'Иванов');
  assert.equal(row.B24ContactID, '0');
});

test('an expanded navigation comes with its row', async () => {
  const rows = await client().get('Catalog_Clients').query({
    $filter: `Ref_Key eq guid'${GUEST}'`,
    $select: 'Ref_Key,Citizenship/Description',
    $expand: 'Citizenship',
  });
  assert.equal(rows[0].Citizenship.Description, 'РОССИЯ');
});

test('PATCH answers with the whole changed object', async () => {
  const row = await client()
    .patch(`Catalog_Clients(guid'${GUEST}')`, { B24ContactID: '123456' }).query();
  assert.equal(row.B24ContactID, '123456');
  assert.equal(row.LastName, 'Иванов');
  const again = await client().get(`Catalog_Clients(guid'${GUEST}')`).query();
  assert.equal(again.B24ContactID, '123456');
});

test('$count is a bare number', async () => {
  const response = await client().get('Catalog_Clients/$count').fetch();
  assert.equal(await response.text(), '4');
});

test('a client is created, found and physically deleted', async () => {
  const made = await client().post('Catalog_Clients', { LastName: 'Новиков' }).query();
  assert.match(made.Ref_Key, /^[0-9a-f-]{36}$/);
  const gone = await client().delete(`Catalog_Clients(guid'${made.Ref_Key}')`).fetch();
  assert.equal(gone.status, 204);
  await assert.rejects(
    client().get(`Catalog_Clients(guid'${made.Ref_Key}')`).query(),
    (response) => response.status === 404,
  );
});
