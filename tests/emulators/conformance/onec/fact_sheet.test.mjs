// Requests written by hand from the fact sheet on 1C's OData, with the answers it gives.
// The number in a name is the sheet's emulator checklist.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, beforeEach, test } from 'node:test';

import { EMPTY_GUID, GUEST, OTHER, PASSWORD, start } from './emulator.mjs';

const HISTORY = '/InformationRegister_ClientChangeHistory';
const MAPPINGS = '/InformationRegister_ExternalSystemsObjectCodesMappings';
const FOLDER = '3f0c1a52-0000-4000-8000-000000000004';
const ENVELOPE =
  "Нельзя сравнивать поля неограниченной длины и поля несовместимых типов";

let emulator;
before(async () => {
  emulator = await start();
  await emulator.control('POST', '/backup');
});
after(() => emulator.stop());
beforeEach(() => emulator.control('POST', '/restore'));

const enc = (text) => encodeURIComponent(text).replaceAll("'", '%27');
const json = (path, options) =>
  emulator.ask(path + (path.includes('?') ? '&' : '?') + '$format=json', options);
const filter = (text, rest = '') =>
  json(`/Catalog_Clients?$filter=${enc(text)}&$select=Code&$orderby=Code${rest}`);
const client = (guid) => `/Catalog_Clients(guid'${guid}')`;
const codes = async (text) =>
  (await filter(text)).json.value.map((row) => Number(row.Code));
const config = (change) => emulator.control('POST', '/config', change);
const clock = (change) => emulator.control('POST', '/clock', change);

// Undoes a switch when the test ends.
async function withConfig(change, undo, act) {
  await config(change);
  try {
    return await act();
  } finally {
    await config(undo);
  }
}

function failed(answer, status, code) {
  assert.equal(answer.status, status, answer.text);
  assert.equal(answer.json['odata.error'].code, code, answer.text);
}

test('1: paths outside the publication are an HTML 404', async () => {
  for (const url of [`${emulator.source}/`, `${emulator.source}x/odata/standard.odata`,
    `${emulator.source}/odata/Standard.odata`]) {
    const answer = await fetch(url, { headers: { authorization: emulator.authorization } });
    assert.equal(answer.status, 404);
    assert.match(answer.headers.get('content-type'), /text\/html/);
    await answer.arrayBuffer();
  }
  failed(await json('/catalog_clients'), 404, '8');
});

test('2: a wrong password is 401 with HTML, a missing right is 401 with code 20', async () => {
  const wrong = 'Basic ' + Buffer.from('Интеграция:нет').toString('base64');
  const answer = await json('', { headers: { authorization: wrong } });
  assert.equal(answer.status, 401);
  assert.match(answer.headers.get('www-authenticate'), /^Basic realm=/);
  assert.match(answer.text, /^<!DOCTYPE html>/);
  const latin = 'Basic ' + Buffer.from(`login:${PASSWORD}`, 'latin1').toString('base64');
  assert.equal((await json('', { headers: { authorization: latin } })).status, 401);
  await withConfig({ denied_read: { Catalog_Clients: true } },
    { denied_read: { Catalog_Clients: false } },
    async () => failed(await json('/Catalog_Clients?$top=1'), 401, '20'));
  await withConfig({ denied_write: { Catalog_Clients: true } },
    { denied_write: { Catalog_Clients: false } }, async () => {
      assert.equal((await json('/Catalog_Clients?$top=1')).status, 200);
      failed(await json(client(GUEST), { method: 'PATCH', body: {} }), 401, '20');
    });
});

test('2: an empty password is legal', async () => {
  const other = await start({ user: 'web', password: '' });
  assert.equal((await other.ask('')).status, 200);
  await other.stop();
});

test('3: the service document is Atom unless JSON is asked, and empty without sets', async () => {
  assert.match((await emulator.ask('')).text,
    /<workspace>.*<collection href="Catalog_Clients">/s);
  await withConfig({ composition: { '*': false } }, { composition: { '*': true } },
    async () => {
      assert.match((await emulator.ask('')).text,
        /<workspace><atom:title>Default<\/atom:title><\/workspace>/);
      assert.deepEqual((await json('')).json.value, []);
      failed(await json('/Catalog_Clients'), 404, '8');
    });
});

test('4: $metadata is XML only', async () => {
  const { status, text } = await emulator.ask('/$metadata');
  assert.equal(status, 200);
  for (const part of ['Namespace="StandardODATA"',
    'xmlns="http://schemas.microsoft.com/ado/2009/11/edm"',
    '<Property Name="B24ContactID" Type="Edm.Int64" Nullable="true"/>',
    '<Key><PropertyRef Name="Period"/><PropertyRef Name="Client_Key"/></Key>',
    '<EnumType Name="Sex">', '_RowType', '_RecordType',
    '<FunctionImport Name="SliceLast" IsBindable="true" IsSideEffecting="false"']) {
    assert.ok(text.includes(part), part);
  }
  assert.equal((await json('/$metadata')).status, 406);
});

test('5: the format follows $format, then Accept, and errors follow it', async () => {
  const one = '/Catalog_Clients?$top=1';
  assert.match((await emulator.ask(one)).text, /^<\?xml.*<feed/s);
  assert.match((await emulator.ask('/Nope')).text, /<m:error .*<m:code>8<\/m:code>/s);
  const accept = { headers: { accept: 'application/json' } };
  assert.ok((await emulator.ask(one, accept)).json['odata.metadata']);
  for (const raw of ['application/json;odata=nometadata',
    'application/json%3Bodata%3Dnometadata']) {
    const answer = (await emulator.ask(`${one}&$format=${raw}`)).json;
    assert.deepEqual(Object.keys(answer), ['value']);
    assert.ok(!Object.keys(answer.value[0]).some((name) => name.includes('@')));
  }
  const full = await emulator.ask(`${one}&$format=application/json;odata=fullmetadata`);
  assert.equal(full.json.value[0]['odata.type'], 'StandardODATA.Catalog_Clients');
});

test('6: protocol headers are those of OData 3.0', async () => {
  const { headers } = await json('/Catalog_Clients?$top=1');
  assert.match(headers.get('dataserviceversion'), /^3\.0/);
  assert.equal(headers.get('content-type'), 'application/json;charset=utf-8');
});

test('7: a plus in a query is a plus', async () => {
  await json(client(OTHER), { method: 'PATCH', body: { Phone: '+79' } });
  const found = await json("/Catalog_Clients?$select=Code&$filter=Phone%20eq%20'+79'");
  assert.equal(found.json.value.length, 1);
  assert.equal((await json("/Catalog_Clients?$filter=Phone+eq+'+79'")).status, 400);
});

test('8-11: a client shows its standard fields, empty values and rows', async () => {
  const row = (await json(client(GUEST))).json;
  assert.ok(row['odata.metadata'].endsWith('$metadata#Catalog_Clients/@Element'));
  assert.equal(row['Citizenship@navigationLinkUrl'],
    `Catalog_Clients(guid'${GUEST}')/Citizenship`);
  assert.equal(row.Code, '000000001   ');
  assert.equal(row.Parent_Key, EMPTY_GUID);
  assert.equal(row.IsFolder, false);
  assert.equal(row.Predefined, false);
  assert.equal(row.PredefinedDataName, '');
  assert.equal(row.B24ContactID, '0');
  assert.equal(row.Age, 0);
  assert.deepEqual(row.RoomProperties,
    [{ Ref_Key: GUEST, LineNumber: '1', RoomProperty_Key: OTHER }]);
  assert.equal((await json(client(OTHER))).json.DateOfBirth, '0001-01-01T00:00:00');
  assert.equal((await json(client(FOLDER))).json.Sex, '');
});

const FILTERS = [
  ['Code eq \'000000001\'', [1]],
  ['not (IsFolder eq true) and DeletionMark eq false', [1, 2, 3]],
  ['IsFolder eq true or Code eq \'000000001\' and Code eq \'none\'', [4]],
  [`Ref_Key eq guid'${GUEST}' or Ref_Key eq guid'${OTHER}'`, [1, 2]],
  ["Code gt '000000002' and Code le '000000004'", [3, 4]],
  ["CreateDate ge datetime'2024-02-01T00:00:00' and CreateDate lt datetime'2024-03-01T00:00:00'", [2]],
  ["DateOfBirth eq datetime'0001-01-01T00:00:00' and IsFolder eq false", [2, 3]],
  ["startswith(Phone,'+7')", [1]],
  ["endswith(EMail,'example.org')", [1]],
  ["substringof('900',Phone)", [1, 2]],
  ["like(Phone,'8(___)%')", [2]],
  ["like(LastName,'[А-К]%')", [1]],
  ["substring(LastName,1,2) eq 'Ив'", [1]],
  ["concat(FirstName,'!') eq 'Sean!'", [2]],
  ['year(CreateDate) eq 2024 and month(CreateDate) eq 3', [3]],
  ['quarter(CreateDate) eq 1 and dayofyear(CreateDate) eq 41', [2]],
  ["dateadd(CreateDate,'month',1) eq datetime'2024-02-10T10:00:00'", [1]],
  ["datedifference(CreateDate,datetime'2024-03-10T00:00:00','day') eq 29", [2]],
  ['B24ContactID add 2 mul 3 eq 6 and Code eq \'000000001\'', [1]],
  ['-B24ContactID eq 0 and Sex eq \'Female\'', [3]],
  ["Citizenship/Description eq 'БЕЛАРУСЬ'", [2]],
  [`RoomProperties/any(d: d/RoomProperty_Key eq guid'${OTHER}')`, [1]],
  ['RoomProperties/all(d: d/LineNumber gt 1) and IsFolder eq false', [2, 3]],
  ["LastName eq 'иванов'", [1]],
  ["LastName eq datetime'2024-01-01T00:00:00'", []],
];
for (const [text, wanted] of FILTERS) {
  test(`13: $filter=${text}`, async () => assert.deepEqual(await codes(text), wanted));
}

const BAD_FILTERS = [
  ['13', "length(Code) eq 12", 400, '21'],
  ['13', "tolower(Code) eq 'a'", 400, '21'],
  ['13', "contains(Code,'1')", 400, '21'],
  ['13', "Code in ('1','2')", 400, '14'],
  ['14', `Ref_Key gt guid'${GUEST}'`, 500, '-1'],
  ['14', `Citizenship_Key le guid'${GUEST}'`, 500, '-1'],
  ['14', "Remarks gt 'a'", 500, '-1'],
  ['16', "Nope eq 1", 400, '14'],
  ['16', "Code eq 'unclosed", 400, '14'],
  ['16', "(Code eq '1'", 400, '14'],
  ['16', `Ref_Key eq '${GUEST}'`, 400, '14'],
  ['16', "year(Code) eq 1", 500, '-1'],
  ['16', "CreateDate gt datetime'2024-01-01T00:00:00.5'", 400, '14'],
];
for (const [number, text, status, code] of BAD_FILTERS) {
  test(`${number}: $filter=${text} is refused`, async () => {
    const answer = await filter(text);
    failed(answer, status, code);
    if (number === '14') assert.ok(answer.text.includes(ENVELOPE));
  });
}

test('15: a composite field needs cast', async () => {
  const row = { Hotel_Key: EMPTY_GUID, ExternalSystemCode: 'BITRIX24',
    ObjectTypeName: 'Clients', ObjectExternalCode: '17', ObjectRef: GUEST,
    ObjectRef_Type: 'StandardODATA.Catalog_Clients' };
  const made = await json(MAPPINGS, { method: 'POST', body: row });
  assert.equal(made.status, 200, made.text);
  const count = async (text) =>
    (await json(`${MAPPINGS}?$filter=${enc(text)}`)).json.value.length;
  assert.equal(await count(`ObjectRef eq guid'${GUEST}'`), 0);
  assert.equal(await count(`ObjectRef eq cast(guid'${GUEST}','Catalog_Clients')`), 1);
  assert.equal(await count(`ObjectRef eq cast(guid'${GUEST}','Catalog_Hotels')`), 0);
});

test('16: unknown names are told apart', async () => {
  failed(await json('/Catalog_Clients?$select=Nope'), 400, '6');
  failed(await json('/Catalog_Clients?$orderby=Nope'), 400, '6');
  failed(await json('/Catalog_Clients?$expand=Nope'), 400, '6');
  failed(await json('/Catalog_Clients?$expan=Parent'), 501, '0');
  failed(await json('/Catalog_Nope'), 404, '8');
  failed(await json(`${client(GUEST)}/Nope`), 404, '10');
  await withConfig({ unknown_filter_field_empty: true },
    { unknown_filter_field_empty: false },
    async () => assert.deepEqual(await codes('Nope eq 1 or Code ne \'\''), []));
});

test('17: $select and $expand', async () => {
  const row = async (options) =>
    (await json(`/Catalog_Clients?$top=1&$orderby=Code&${options}`)).json.value[0];
  assert.ok('RoomProperties' in await row('$select=*'));
  assert.ok('Photo_Base64Data' in await row('$select=*'));
  assert.ok(!('RoomProperties' in await row('$select=**')));
  assert.deepEqual(await row('$select=RoomProperties/LineNumber'),
    { RoomProperties: [{ LineNumber: '1' }] });
  assert.equal((await row('$select=Citizenship____Presentation'))
    .Citizenship____Presentation, 'РОССИЯ');
  assert.deepEqual(await row('$select=Code&$expand=Citizenship'),
    { Code: '000000001   ' });
  assert.equal((await row('$select=Citizenship&$expand=Citizenship')).Citizenship.Code,
    '643      ');
  assert.equal((await row('$expand=Citizenship')).Citizenship.Description, 'РОССИЯ');
  const single = (await json(`${client(GUEST)}?$expand=Citizenship`)).json;
  assert.ok(!('Citizenship' in single));
});

test('18: order by a reference is order by its presentation', async () => {
  const order = async (text) => (await json(`/Catalog_Clients?$orderby=${enc(text)}` +
    "&$select=Code&$filter=IsFolder%20eq%20false")).json.value
    .map((row) => Number(row.Code));
  assert.deepEqual(await order('Citizenship_Key'), [3, 2, 1]);
  assert.deepEqual(await order('Ref_Key'), [2, 3, 1]);
  assert.deepEqual(await order('LastName desc'), [1, 3, 2]);
  await withConfig({ unstable_order: true }, { unstable_order: false }, async () => {
    const seen = new Set();
    for (let i = 0; i < 20; ++i) {
      const { value } = (await json('/Catalog_Clients?$select=Code')).json;
      seen.add(value.map((row) => row.Code).join());
    }
    assert.ok(seen.size > 1);
  });
});

test('19, 20: paging and counting', async () => {
  const page = (await json(
    '/Catalog_Clients?$top=1&$skip=2&$orderby=Code&$select=Code&$inlinecount=allpages'))
    .json;
  assert.deepEqual(page.value, [{ Code: '000000003   ' }]);
  assert.equal(page['odata.count'], '4');
  assert.ok(!('odata.nextLink' in page));
  const count = await emulator.ask('/Catalog_Clients/$count?$filter=IsFolder%20eq%20true');
  assert.equal(count.text, '1');
  assert.match(count.headers.get('content-type'), /^text\/plain/);
  await withConfig({ inlinecount_ignores_paging: true },
    { inlinecount_ignores_paging: false }, async () => {
      const all = (await json('/Catalog_Clients?$top=1&$inlinecount=allpages')).json;
      assert.equal(all.value.length, 4);
    });
});

test('21: a row hidden by RLS fails the list unless allowedOnly is set', async () => {
  await withConfig({ rls_hidden: { [OTHER]: true } }, { rls_hidden: { [OTHER]: false } },
    async () => {
      failed(await json('/Catalog_Clients'), 401, '20');
      failed(await json('/Catalog_Clients/$count'), 401, '20');
      failed(await json(client(OTHER)), 401, '20');
      for (const option of ['allowedOnly=true', '$allowedOnly=true']) {
        const { value } = (await json(`/Catalog_Clients?${option}`)).json;
        assert.equal(value.length, 3);
      }
      assert.deepEqual(await codes("Code eq '000000001'"), [1]);
    });
});

test('22: SliceLast in its three call forms', async () => {
  await clock({ now: '2024-05-01T10:00:00' });
  await emulator.control('POST', '/clients/edit', { guid: GUEST, set: { City: 'А' } });
  await clock({ advance_s: 3600 });
  await emulator.control('POST', '/clients/edit', { guid: GUEST, set: { City: 'Б' } });
  await emulator.control('POST', '/clients/edit', { guid: OTHER, set: { City: 'В' } });
  const periods = async (call) =>
    (await json(HISTORY + call)).json.value.map((row) => `${row.Period} ${row.City}`);
  const late = '2024-05-01T11:00:00 Б';
  for (const call of [
    `/SliceLast(Condition='Client_Key eq guid''${GUEST}''')`,
    `/SliceLast(Condition='Client_Key eq guid'${GUEST}'')`,
    `/SliceLast?Condition=${enc(`Client_Key eq guid'${GUEST}'`)}`,
    `/SliceLast()?Condition=${enc(`'Client_Key eq guid''${GUEST}'''`)}`]) {
    assert.deepEqual(await periods(call), [late], call);
  }
  assert.deepEqual(await periods("/SliceLast(Period=datetime'2024-05-01T10:30:00')"),
    ['2024-05-01T10:00:00 А']);
  assert.deepEqual(await periods("/SliceLast()?Period=datetime'2024-05-01T10:30:00'"),
    ['2024-05-01T10:00:00 А']);
  assert.equal((await periods('/SliceLast()')).length, 2);
  assert.equal((await periods('/SliceFirst()')).includes('2024-05-01T10:00:00 А'), true);
  failed(await json(`${MAPPINGS}/SliceLast()`), 400, '6');
  failed(await json(`${HISTORY}/Balance()`), 400, '6');
  await clock({ stopped: false });
});

test('23: a composite key wants every part', async () => {
  await clock({ now: '2024-05-01T10:00:00' });
  await emulator.control('POST', '/clients/edit', { guid: GUEST, set: { City: 'А' } });
  const key = (period) =>
    `${HISTORY}(Period=datetime'${period}',Client_Key=guid'${GUEST}')`;
  assert.equal((await json(key('2024-05-01T10:00:00'))).json.City, 'А');
  const reversed = `${HISTORY}(Client_Key=guid'${GUEST}',Period=datetime'2024-05-01T10:00:00')`;
  assert.equal((await json(reversed)).json.City, 'А');
  failed(await json(`${HISTORY}(Period=datetime'2024-05-01T10:00:00')`), 400, '7');
  failed(await json(key('2024-05-01T10:00:01')), 404, '9');
  failed(await json("/Catalog_Clients(guid'nonsense')"), 400, '1');
  await clock({ stopped: false });
});

test('24: POST creates with a new guid, version zero and a code', async () => {
  const made = await json('/Catalog_Clients',
    { method: 'POST', body: { LastName: 'Новый', Nope: 1, Ref_Key: OTHER } });
  assert.equal(made.status, 201);
  assert.notEqual(made.json.Ref_Key, OTHER);
  assert.equal(made.json.DataVersion, 'AAAAAAAAAAA=');
  assert.equal(made.json.Code, '000000005   ');
  assert.ok(made.headers.get('location')
    .endsWith(`/Catalog_Clients(guid'${made.json.Ref_Key}')`));
  await withConfig({ null_version_on_create: true }, { null_version_on_create: false },
    async () => assert.equal((await json('/Catalog_Clients',
      { method: 'POST', body: {} })).json.DataVersion, null));
  const row = { Hotel_Key: EMPTY_GUID, ExternalSystemCode: 'Система', ObjectTypeName: 'x',
    ObjectExternalCode: '1' };
  assert.equal((await json(MAPPINGS, { method: 'POST', body: row })).status, 200);
  failed(await json(MAPPINGS, { method: 'POST', body: row }), 400, '15');
  failed(await json(MAPPINGS, { method: 'POST', body: { Hotel_Key: EMPTY_GUID } }), 400, '7');
  const key = MAPPINGS + enc(`(Hotel_Key=guid'${EMPTY_GUID}',ExternalSystemCode='Система',` +
    "ObjectTypeName='x',ObjectExternalCode='1')");
  const changed = await json(key, { method: 'PATCH', body: { Type: 't' } });
  assert.equal(changed.json.Type, 't');
  assert.equal((await json(key, { method: 'DELETE' })).status, 204);
  failed(await json(key), 404, '9');
});

test('25: what PATCH swallows and what it refuses', async () => {
  const patch = (body) => json(client(GUEST), { method: 'PATCH', body });
  const quiet = (await patch({ Nope: 1, Ref_Key: OTHER, City: 'я'.repeat(60),
    Citizenship_Key: FOLDER, B24ContactID: 'text' })).json;
  assert.equal(quiet.Ref_Key, GUEST);
  assert.equal(quiet.City, 'я'.repeat(50));
  assert.equal(quiet.Citizenship_Key, FOLDER);
  assert.equal(quiet.B24ContactID, '0');
  assert.equal((await patch({ B24ContactID: '42' })).json.B24ContactID, '42');
  assert.equal((await patch({ B24ContactID: 43 })).json.B24ContactID, '43');
  failed(await patch({ Citizenship_Key: 'x' }), 400, '1');
  failed(await patch({ NoSMSDelivery: 'x' }), 400, '1');
  failed(await patch({ City: [] }), 500, '-1');
  failed(await patch('{"City":'), 500, '-1');
  failed(await patch({ RoomProperties: [{ RoomProperty_Key: OTHER }] }), 500, '-1');
  failed(await patch({ RoomProperties: [{ LineNumber: '2' }] }), 400, '4');
  const rows = (await patch({ RoomProperties: [{ LineNumber: '1' }] })).json.RoomProperties;
  assert.deepEqual(rows,
    [{ Ref_Key: GUEST, LineNumber: '1', RoomProperty_Key: EMPTY_GUID }]);
});

test('26: DataVersion counts every write, also one without changes', async () => {
  const version = async () => Buffer.from((await json(client(GUEST), { method: 'PATCH',
    body: {} })).json.DataVersion, 'base64').readBigUInt64BE();
  assert.equal((await version()) + 1n, await version());
});

test('27: If-Match is ignored, or honoured by the switch', async () => {
  const stale = { method: 'PATCH', body: { City: 'x' },
    headers: { 'if-match': 'AAAAAAAAAP8=' } };
  assert.equal((await json(client(GUEST), stale)).status, 200);
  await withConfig({ if_match_honoured: true }, { if_match_honoured: false }, async () => {
    assert.equal((await json(client(GUEST), stale)).status, 412);
    const { DataVersion } = (await json(client(GUEST))).json;
    for (const spelling of [DataVersion, `"${DataVersion}"`]) {
      await emulator.control('POST', '/restore');
      const now = (await json(client(GUEST))).json.DataVersion;
      const headers = { 'if-match': spelling.replace(DataVersion, now) };
      assert.equal((await json(client(GUEST), { ...stale, headers })).status, 200);
    }
  });
});

test('28: DELETE is physical and leaves history dangling', async () => {
  await emulator.control('POST', '/clients/edit', { guid: GUEST, set: { City: 'А' } });
  assert.equal((await json(client(GUEST), { method: 'DELETE' })).status, 204);
  failed(await json(client(GUEST)), 404, '9');
  const rows = (await json(`${HISTORY}?$select=Client_Key`)).json.value;
  assert.deepEqual(rows, [{ Client_Key: GUEST }]);
});

test('29: load mode writes no history, or is refused by the switch', async () => {
  const write = () => json(client(GUEST), { method: 'PATCH', body: { B24ContactID: '1' },
    headers: { '1C_OData-DataLoadMode': 'true' } });
  assert.equal((await write()).status, 200);
  assert.equal((await emulator.control('GET', '/history')).length, 0);
  await withConfig({ load_mode_supported: false }, { load_mode_supported: true },
    async () => failed(await write(), 400, '17'));
});

test('30: handlers write history, and may refuse', async () => {
  await clock({ now: '2024-05-01T10:00:00' });
  const patch = (body) => json(client(GUEST), { method: 'PATCH', body });
  await patch({ City: 'А' });
  await patch({ City: 'Б' });
  let rows = await emulator.control('GET', '/history');
  assert.equal(rows.length, 1);
  assert.equal(rows[0].City, 'Б');
  await withConfig({ contact_id_adds_history: false }, { contact_id_adds_history: true },
    async () => {
      await clock({ advance_s: 10 });
      await patch({ B24ContactID: '5' });
      rows = await emulator.control('GET', '/history');
      assert.equal(rows.length, 1);
    });
  await patch({ B24ContactID: '6' });
  assert.equal((await emulator.control('GET', '/history')).length, 2);
  await withConfig({ refused: { [GUEST]: 'Карточка гостя проверяется' } },
    { refused: { [GUEST]: null } }, async () => {
      const answer = await patch({ City: 'В' });
      failed(answer, 500, '-1');
      assert.ok(answer.text.includes('Карточка гостя проверяется'));
      assert.equal((await json(client(GUEST))).json.City, 'Б');
    });
  await clock({ stopped: false });
});

test('31: a lock conflict is 500 with the lock text', async () => {
  await emulator.control('POST', '/faults',
    { kind: 'lock', method: 'PATCH', nth: 1, delay_ms: 20 });
  const patch = () => json(client(GUEST), { method: 'PATCH', body: { City: 'x' } });
  const answer = await patch();
  failed(answer, 500, '-1');
  assert.match(answer.text, /блокиров/);
  assert.equal((await patch()).status, 200);
});

test('32: PUT wants all; derived tables take no writes', async () => {
  failed(await json(client(GUEST), { method: 'PUT', body: { City: 'x' } }), 400, '5');
  failed(await json(`${HISTORY}_RecordType`, { method: 'POST', body: {} }), 405, '19');
  failed(await json('/Catalog_Clients_RoomProperties', { method: 'POST', body: {} }),
    405, '13');
  failed(await json('/Catalog_Clients', { method: 'PATCH', body: {} }), 405, '19');
  assert.equal((await json('/Catalog_Clients_RoomProperties')).json.value.length, 1);
});

test('33: an exchange plan gives changes until they are acknowledged', async () => {
  const NODE = '9a7e0000-0000-4000-8000-000000000002';
  const nodes = '/ExchangePlan_GuestBridge';
  // As replicators in the field write it: raw brackets and apostrophes, no format.
  const call = (name, message) => emulator.ask(`/${name}?DataExchangePoint=` +
    `'${emulator.root}${nodes}(guid'${NODE}')'&MessageNo=${message}`, { method: 'POST' });
  const received = async () => (await json(`${nodes}?$select=Ref_Key,ReceivedNo,ThisNode`))
    .json.value.find((row) => row.Ref_Key === NODE).ReceivedNo;
  failed(await json(nodes), 404, '8');
  await withConfig({ composition: { ExchangePlan_GuestBridge: true } },
    { composition: { ExchangePlan_GuestBridge: false } }, async () => {
      const first = Number(await received()) + 1;
      await json(client(GUEST), { method: 'PATCH', body: { City: 'Тверь' } });
      await emulator.control('POST', '/clients/delete', { guid: OTHER });
      for (let repeat = 0; repeat < 2; repeat += 1) {
        const feed = await call('SelectChanges', first);
        assert.equal(feed.status, 200, feed.text);
        assert.match(feed.headers.get('content-type'), /atom\+xml/);
        assert.match(feed.text, new RegExp(`<entry>.*Catalog_Clients\\(guid'${GUEST}'\\)`));
        assert.match(feed.text, new RegExp('xmlns:at="http://purl.org/atompub/tombstones/1.0"' +
          `.*<at:deleted-entry ref="[^"]*Catalog_Clients\\(guid'${OTHER}'\\)"`));
      }
      await json(client(GUEST), { method: 'PATCH', body: { City: 'Псков' } });
      assert.equal((await call('NotifyChangesReceived', first)).status, 200);
      assert.equal(await received(), String(first));
      const next = await call('SelectChanges', first + 1);
      assert.ok(next.text.includes(GUEST) && !next.text.includes('deleted-entry'));
      assert.match((await call('SelectChanges', first)).text, /<m:code>21<\/m:code>/);
    });
});

test('34: the reception desk edits, commits late, merges, marks, imports', async () => {
  await clock({ now: '2024-05-01T10:00:00' });
  await emulator.control('POST', '/clients/edit',
    { guid: GUEST, set: { City: 'поздно' }, late: 't1' });
  await clock({ advance_s: 60 });
  await emulator.control('POST', '/clients/edit',
    { guid: OTHER, edits: [{ City: 'раз' }, { City: 'два' }] });
  let history = await emulator.control('GET', '/history');
  assert.deepEqual(history.map((row) => row.City), ['два']);
  await emulator.control('POST', '/clients/commit', { late: 't1' });
  history = await emulator.control('GET', '/history');
  assert.deepEqual(history.map((row) => row.Period),
    ['2024-05-01T10:01:00', '2024-05-01T10:00:00']);

  const { guid } = await emulator.control('POST', '/clients/add',
    { LastName: 'Новая', FirstName: 'Ольга' });
  assert.equal((await json(client(guid))).json.Description, 'Новая Ольга');
  const rows = history.length + 1;
  await emulator.control('POST', '/clients/import', { clients: [{ LastName: 'Импорт' }] });
  await emulator.control('POST', '/clients/merge', { winner: OTHER, loser: GUEST });
  assert.equal((await json(client(GUEST))).json.DeletionMark, true);
  assert.equal((await emulator.control('GET', '/history')).length, rows);
  await emulator.control('POST', '/clients/mark', { guid });
  assert.equal((await json(client(guid))).json.DeletionMark, true);
  await emulator.control('POST', '/clients/delete', { guid });
  failed(await json(client(guid)), 404, '9');
  await clock({ stopped: false });
});

test('36, 37: sessions are ignored, or started, reused, finished and lost', async () => {
  const start = { headers: { ibsession: 'start' } };
  assert.equal((await json('', start)).headers.get('set-cookie'), null);
  const off = { ib_session: false, licences: 0 };
  await withConfig({ ib_session: true, licences: 1 }, off, async () => {
    const cookie = (await json('', start)).headers.get('set-cookie').split(';')[0];
    assert.match(cookie, /^ibsession=/);
    assert.equal((await json('', start)).status, 406);
    const crowded = await json('');
    assert.equal(crowded.status, 500);
    assert.match(crowded.text, /лицензи/);
    assert.equal((await json('', { headers: { cookie } })).status, 200);
    await emulator.control('DELETE', '/sessions');
    assert.equal((await json('', { headers: { cookie } })).status, 400);
    const next = (await json('', start)).headers.get('set-cookie').split(';')[0];
    const finish = { headers: { cookie: next, ibsession: 'finish' } };
    assert.equal((await json('', finish)).status, 200);
    assert.equal((await json('', { headers: { cookie: next } })).status, 400);
    assert.equal((await json('')).status, 200);
  });
});

test('38: infrastructure faults look as they do in the field', async () => {
  const strike = (rule) => emulator.control('POST', '/faults', { nth: 1, ...rule });
  const list = () => json('/Catalog_Clients?$top=2');
  await strike({ kind: 'maintenance_html' });
  let answer = await list();
  assert.equal(answer.status, 503);
  assert.match(answer.text, /Начало сеанса с информационной базой запрещено/);
  await strike({ kind: 'maintenance_text' });
  answer = await list();
  assert.equal(answer.status, 500);
  assert.match(answer.headers.get('content-type'), /^text\/plain/);
  for (const status of [502, 504]) {
    await strike({ kind: 'gateway', status });
    answer = await list();
    assert.equal(answer.status, status);
    assert.match(answer.text, /<html>/);
  }
  await strike({ kind: 'html_ok' });
  answer = await list();
  assert.equal(answer.status, 200);
  assert.match(answer.headers.get('content-type'), /^text\/html/);
  await strike({ kind: 'truncated' });
  await assert.rejects(list());
  await strike({ kind: 'reset' });
  await assert.rejects(list());
  await strike({ kind: 'slow_drip', bytes: 900, delay_ms: 2 });
  assert.equal((await list()).json.value.length, 2);
  assert.equal((await list()).json.value.length, 2);
});

test('38: a BOM may stand before the JSON', async () => {
  await emulator.control('POST', '/faults', { kind: 'bom', nth: 1 });
  const response = await fetch(`${emulator.root}/Catalog_Clients?$top=1&$format=json`,
    { headers: { authorization: emulator.authorization } });
  const bytes = new Uint8Array(await response.arrayBuffer());
  assert.deepEqual([...bytes.slice(0, 4)], [0xef, 0xbb, 0xbf, 0x7b]);
});

test('38: a write may be carried out although its answer is lost', async () => {
  await emulator.control('POST', '/faults',
    { kind: 'reset', method: 'PATCH', nth: 1, after: true });
  await assert.rejects(json(client(GUEST), { method: 'PATCH', body: { City: 'да' } }));
  assert.equal((await json(client(GUEST))).json.City, 'да');
});

test('3.1: a 200 does not prove that a value was stored', async () => {
  const patch = () =>
    json(client(GUEST), { method: 'PATCH', body: { B24ContactID: '9' } });
  await withConfig({ silent_loss_fields: { B24ContactID: true } },
    { silent_loss_fields: { B24ContactID: false } }, async () => {
      const answer = await patch();
      assert.equal(answer.status, 200);
      assert.equal(answer.json.B24ContactID, '0');
    });
  await emulator.control('POST', '/faults', { kind: 'silent_loss', nth: 1, url: GUEST });
  assert.equal((await patch()).json.B24ContactID, '0');
  assert.equal((await patch()).json.B24ContactID, '9');
});

test('39: an answer above the byte budget fails whole', async () => {
  await withConfig({ byte_budget: 3000 }, { byte_budget: 0 }, async () => {
    failed(await json('/Catalog_Clients'), 500, '-1');
    assert.equal((await json('/Catalog_Clients?$select=Code')).status, 200);
  });
});

test('41: an attribute renamed, a set withdrawn', async () => {
  await withConfig({ renamed: { Catalog_Clients: { Phone: 'Phone1' } } },
    { renamed: { Catalog_Clients: { Phone: null } } }, async () => {
      failed(await json('/Catalog_Clients?$select=Phone'), 400, '6');
      assert.equal((await json(client(GUEST))).json.Phone1, '+7 900 000-00-01');
      assert.ok((await emulator.ask('/$metadata')).text.includes('"Phone1"'));
    });
  await withConfig({ composition: { Catalog_Clients: false } },
    { composition: { Catalog_Clients: true } },
    async () => failed(await json('/Catalog_Clients'), 404, '8'));
});

test('6.5: the invented messages register appears by the switch', async () => {
  const set = '/InformationRegister_IntegrationMessages';
  failed(await json(set), 404, '8');
  await withConfig({ composition: { InformationRegister_IntegrationMessages: true } },
    { composition: { InformationRegister_IntegrationMessages: false } }, async () => {
      const system = 'e5150000-0000-4000-8000-000000000024';
      const body = { ExternalSystem_Key: system, Object: GUEST,
        Object_Type: 'StandardODATA.Catalog_Clients', Date: '2024-05-01T10:00:00',
        ExternalID: '17', Status: 'Success', Direction: 'Outgoing' };
      assert.equal((await json(set, { method: 'POST', body })).status, 200);
      const key = `${set}(ExternalSystem_Key=guid'${system}',Object='${GUEST}',` +
        "Object_Type='StandardODATA.Catalog_Clients')";
      assert.equal((await json(key)).json.ExternalID, '17');
      assert.equal((await emulator.control('GET', '/messages')).length, 1);
    });
});

test('6: Location of a Cyrillic publication is raw UTF-8', async () => {
  const other = await start({ args: ['--base', 'гостиница'] });
  const { port } = new URL(other.source);
  const answer = await new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    const parts = [];
    socket.on('data', (part) => parts.push(part));
    socket.on('error', reject);
    socket.on('close', () => resolve(Buffer.concat(parts).toString('utf8')));
    socket.write(`POST /${encodeURIComponent('гостиница')}/odata/standard.odata/` +
      'Catalog_Clients HTTP/1.1\r\nHost: h\r\nConnection: close\r\n' +
      `Authorization: ${other.authorization}\r\nContent-Length: 2\r\n\r\n{}`);
  });
  await other.stop();
  assert.match(answer, /\r\nLocation: http:\/\/h\/гостиница\/odata\/standard\.odata\//);
});

test('43: the journal holds calls without the password', async () => {
  await emulator.control('DELETE', '/journal');
  await json('/Catalog_Clients?$top=1');
  const calls = await emulator.control('GET', '/journal?url=Catalog_Clients');
  assert.equal(calls.length, 1);
  assert.equal(calls[0].method, 'GET');
  assert.equal(calls[0].rows, 1);
  assert.equal(calls[0].headers.Authorization ?? calls[0].headers.authorization, 'Basic');
  const counters = await emulator.control('GET', '/counters');
  assert.equal(counters.by_kind.list, 1);
  assert.equal(counters.max_concurrent, 1);
});
