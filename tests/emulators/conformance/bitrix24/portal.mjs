// Starts the portal emulator for a test file and talks to its control endpoint.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

export const WEBHOOK = { user: 1, code: 'conformance0code' }

// Where the certificates are; node must trust its ca.pem (NODE_EXTRA_CA_CERTS, see run).
const certificates = process.env.CERTIFICATES

export async function startPortal() {
  const child = spawn(
    process.env.EMULATOR_BITRIX24,
    [
      '--tls-cert', `${certificates}/cert.pem`, '--tls-key', `${certificates}/key.pem`,
      '--webhook', `${WEBHOOK.user}:${WEBHOOK.code}`,
      '--config', '{"language":"en"}'
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] }
  )
  const address = {}
  for await (const line of createInterface({ input: child.stdout })) {
    const [, what, where] = line.split(' ')
    if (what === 'ready') break
    address[what] = where
  }
  const control = async (path, body) => {
    const response = await fetch(address.control + path, body === undefined
      ? {}
      : { method: 'POST', body: JSON.stringify(body) })
    const json = await response.json()
    if (!response.ok) throw new Error(`${path}: ${response.status} ${json.error}`)
    return json
  }
  return {
    url: `https://${address.portal}`,
    oauth: address.oauth,
    control,
    stop: () => new Promise((resolve) => {
      child.once('exit', resolve)
      child.kill('SIGTERM')
    })
  }
}

