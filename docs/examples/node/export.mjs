#!/usr/bin/env node
// Starts an export, watches it and prints its result: all that another service needs is the
// folder proto/ and this. Exit codes as those of the guestbridge command.
//
//   node export.mjs --server HOST:PORT [--plaintext | --tls-ca ca.pem] [--token-file F]
//                   [--full] [--dry-run] [--lang ru|en] [--proto DIR] INTEGRATION
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';
import protobuf from 'protobufjs';

const SECONDS = 1000;
const CALL_SECONDS = 30;
const RETRY_SECONDS = 300;
const KEEPALIVE_SECONDS = 30;

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    server: { type: 'string', default: '127.0.0.1:7443' },
    plaintext: { type: 'boolean', default: false },
    'tls-ca': { type: 'string' },
    'token-file': { type: 'string' },
    full: { type: 'boolean', default: false },
    'dry-run': { type: 'boolean', default: false },
    lang: { type: 'string', default: 'en' },
    proto: { type: 'string', default: fileURLToPath(new URL('../../../proto', import.meta.url)) },
  },
});
if (positionals.length !== 1) {
  console.error('export.mjs: name one integration, e.g. main');
  process.exit(2);
}

const api = grpc.loadPackageDefinition(loader.loadSync('guestbridge/v1/run.proto', {
  includeDirs: [flags.proto], enums: String, defaults: true, longs: Number,
})).guestbridge.v1;
const errors = new protobuf.Root();
const wellKnown = errors.resolvePath;
errors.resolvePath = (origin, target) =>
  target.startsWith('guestbridge/') ? `${flags.proto}/${target}` : wellKnown(origin, target);
errors.loadSync('guestbridge/v1/error.proto');

const runs = new api.RunService(
  flags.server,
  flags.plaintext
    ? grpc.credentials.createInsecure()
    : grpc.credentials.createSsl(flags['tls-ca'] ? readFileSync(flags['tls-ca']) : undefined),
  { 'grpc.keepalive_time_ms': KEEPALIVE_SECONDS * SECONDS });

const metadata = new grpc.Metadata();
metadata.set('accept-language', flags.lang);
if (flags['token-file'] && !flags.plaintext) {
  metadata.set('authorization', `Bearer ${readFileSync(flags['token-file'], 'utf8').trim()}`);
}

// One call with a deadline.
function call(method, request) {
  const options = { deadline: Date.now() + CALL_SECONDS * SECONDS };
  return new Promise((resolve, reject) =>
    runs[method](request, metadata, options,
      (error, answer) => (error ? reject(error) : resolve(answer))));
}

// Every state of the run, coalesced, until it has ended.
async function watch(name, onChange) {
  let run;
  for await (run of runs.WatchRun({ name }, metadata)) onChange(run);
  return run;
}

// A server that restarts meanwhile is no reason to give up: a watch begins with the present state.
// (StartExport may be repeated as well: it carries a request id.)
async function patiently(work) {
  const end = Date.now() + RETRY_SECONDS * SECONDS;
  for (let pause = 1; ; pause = Math.min(2 * pause, 30)) {
    try {
      return await work();
    } catch (error) {
      const again = error.code === grpc.status.UNAVAILABLE && reasonOf(error) === undefined;
      if (!again || Date.now() > end) throw error;
      await new Promise((done) => setTimeout(done, pause * SECONDS));
    }
  }
}

// The ErrorInfo in the trailer: { reason, metadata: { remedy, … } }; undefined when the error is
// the transport's own.
function reasonOf(error) {
  const [packed] = error.metadata?.get('grpc-status-details-bin') ?? [];
  if (!packed) return undefined;
  const status = errors.lookupType('guestbridge.v1.ErrorStatus').decode(packed);
  const info = status.details.find((any) => any.type_url.endsWith('google.rpc.ErrorInfo'));
  return info && errors.lookupType('guestbridge.v1.ErrorInfo').decode(info.value);
}

function exitCodeOf(code) {
  const { status } = grpc;
  switch (code) {
    case status.NOT_FOUND: return 3;
    case status.INVALID_ARGUMENT: case status.FAILED_PRECONDITION: case status.ALREADY_EXISTS:
    case status.ABORTED: case status.OUT_OF_RANGE: case status.RESOURCE_EXHAUSTED: return 4;
    case status.UNAUTHENTICATED: case status.PERMISSION_DENIED: return 5;
    case status.UNAVAILABLE: case status.DEADLINE_EXCEEDED: return 6;
    default: return 1;
  }
}

const RESULTS = { SUCCEEDED: 0, PARTIALLY_FAILED: 7 };

try {
  const request = {
    parent: `integrations/${positionals[0]}`,
    full: flags.full,
    dryRun: flags['dry-run'],
    requestId: randomUUID(),
  };
  const started = await call('StartExport', request);
  console.error(`${started.name} ${started.state}`);
  const run = await patiently(() => watch(started.name, (now) => {
    console.error(`${now.name} ${now.state} scanned ${now.counters?.scanned ?? 0}`);
    for (const notice of now.notices) console.error(`  ${notice.message} ${notice.remedy}`);
  }));
  console.log(JSON.stringify(
    { name: run.name, state: run.state, counters: run.counters, failures: run.failures }, null, 2));
  if (run.error) console.error(`${run.error.reason}: ${run.error.message}\n${run.error.remedy}`);
  process.exitCode = RESULTS[run.state] ?? 1;
} catch (error) {
  if (error.code === undefined) throw error;
  const info = reasonOf(error);
  console.error(info ? `${info.reason}: ${error.details}\n${info.metadata.remedy ?? ''}`
                     : `${grpc.status[error.code]}: ${error.details}`);
  process.exitCode = exitCodeOf(error.code);
} finally {
  runs.close();
}
