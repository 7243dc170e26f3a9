// Sends N contacts by the official SDK, 50 a batch or one a call, and prints what that cost:
// node send_contacts.mjs N 0|1. For tests/bench/portal.py.
import { B24Hook } from '@bitrix24/b24jssdk'
import { startPortal, WEBHOOK } from './portal.mjs'

const contacts = Number(process.argv[2])
const singly = process.argv[3] === '1'
const portal = await startPortal()
await portal.control('/config', { bucket: false })
const b24 = B24Hook.fromWebhookUrl(`${portal.url}/rest/${WEBHOOK.user}/${WEBHOOK.code}/`)
b24.offClientSideWarning()

const contact = (n) => ({
  fields: {
    NAME: 'Иван', LAST_NAME: `Гостев${n}`, SECOND_NAME: 'Петрович', BIRTHDATE: '1980-05-17',
    PHONE: [{ VALUE: `+7916${String(n).padStart(7, '0')}`, VALUE_TYPE: 'MOBILE' }],
    EMAIL: [{ VALUE: `guest${n}@example.org`, VALUE_TYPE: 'HOME' }],
    ORIGINATOR_ID: 'bench', ORIGIN_ID: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`
  },
  params: { IMPORT: 'Y' }
})

const before = process.cpuUsage()
if (singly) {
  for (let n = 1; n <= contacts; ++n) {
    await b24.actions.v2.call.make({ method: 'crm.contact.add', params: contact(n) })
  }
} else {
  for (let first = 1; first <= contacts; first += 50) {
    const calls = []
    for (let n = first; n < first + 50 && n <= contacts; ++n) {
      calls.push(['crm.contact.add', contact(n)])
    }
    const answer = await b24.actions.v2.batch.make({
      calls, options: { isHaltOnError: false, returnAjaxResult: true }
    })
    if (!answer.isSuccess) throw new Error(answer.getErrorMessages().join('; '))
  }
}
const spent = process.cpuUsage(before)
const counters = await portal.control('/counters')
console.log(JSON.stringify({
  contacts,
  cpu_seconds: (spent.user + spent.system) / 1e6,
  requests: counters.http_requests
}))
await portal.stop()
process.exit(0)
