// Starts the emulator on free ports and talks to it, for tests.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export const USER = 'Интеграция';
export const PASSWORD = 'пароль+1:%';
export const GUEST = '3f0c1a52-0000-4000-8000-000000000001';
export const OTHER = '3f0c1a52-0000-4000-8000-000000000002';
export const EMPTY_GUID = '00000000-0000-0000-0000-000000000000';

export const GUESTS = [
  { Ref_Key: GUEST, Code: '000000001', Description: 'Иванов Иван', LastName: 'Иванов',
    FirstName: 'Иван', Phone: '+7 900 000-00-01', EMail: 'a@example.org', Sex: 'Male',
    DateOfBirth: '1980-05-17T00:00:00', CreateDate: '2024-01-10T10:00:00',
    Citizenship_Key: 'c0de0000-0000-4000-8000-000000000643',
    RoomProperties: [{ LineNumber: '1', RoomProperty_Key: OTHER }] },
  { Ref_Key: OTHER, Code: '000000002', Description: "O'Neil Sean",
    LastName: "O'Neil", FirstName: 'Sean', Phone: '8(900)0000002', Sex: 'Male',
    CreateDate: '2024-02-10T10:00:00',
    Citizenship_Key: 'c0de0000-0000-4000-8000-000000000112' },
  { Ref_Key: '3f0c1a52-0000-4000-8000-000000000003', Code: '000000003',
    Description: 'Ёлкина Анна', LastName: 'Ёлкина', FirstName: 'Анна', Sex: 'Female',
    CreateDate: '2024-03-10T10:00:00', Remarks: 'a\u000bb' },
  { Ref_Key: '3f0c1a52-0000-4000-8000-000000000004', Code: '000000004',
    Description: 'Группа', IsFolder: true },
];

export async function start({ user = USER, password = PASSWORD, args = [] } = {}) {
  const binary = process.env.EMULATOR_ONEC;
  const child = spawn(
    binary,
    ['--listen', '127.0.0.1:0', '--user', user,
      '--password', password, ...(args ?? [])],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const addresses = {};
  for await (const line of createInterface({ input: child.stdout })) {
    const [, what, url] = line.split(' ');
    if (what === 'ready') break;
    addresses[what] = url;
  }
  const authorization =
    'Basic ' + Buffer.from(`${user}:${password}`, 'utf8').toString('base64');
  const root = `${addresses.source}/odata/standard.odata`;
  const emulator = {
    root,
    source: addresses.source,
    authorization,
    // One request as written; the answer with its body as text.
    async ask(path, { method = 'GET', body, headers = {} } = {}) {
      const response = await fetch(root + path, {
        method,
        body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
        headers: { authorization, ...headers },
      });
      const text = await response.text();
      return { status: response.status, headers: response.headers, text,
        get json() { return JSON.parse(text); } };
    },
    async control(method, path, body) {
      const response = await fetch(addresses.control + path,
        { method, body: body === undefined ? undefined : JSON.stringify(body) });
      const answer = await response.json();
      if (!response.ok) throw new Error(`${method} ${path}: ${JSON.stringify(answer)}`);
      return answer;
    },
    stop() {
      return new Promise((resolve) => {
        child.once('exit', resolve);
        child.kill('SIGTERM');
      });
    },
  };
  await emulator.control('POST', '/clients/import', { clients: GUESTS });
  return emulator;
}
