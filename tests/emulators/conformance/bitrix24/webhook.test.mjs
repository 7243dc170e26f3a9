// The official SDK with an inbound webhook.
import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { B24Hook } from '@bitrix24/b24jssdk'
import { startPortal, WEBHOOK } from './portal.mjs'

let portal
let b24

before(async () => {
  portal = await startPortal()
  b24 = B24Hook.fromWebhookUrl(`${portal.url}/rest/${WEBHOOK.user}/${WEBHOOK.code}/`)
  b24.offClientSideWarning()
})
after(() => portal.stop())
beforeEach(() => portal.control('/reset', {}))

async function call(method, params = {}) {
  const response = await b24.actions.v2.call.make({ method, params })
  assert.ok(response.isSuccess, `${method}: ${response.getErrorMessages().join('; ')}`)
  return response.getData().result
}

test('a call answers the profile of the webhook owner', async () => {
  const profile = await call('profile')
  assert.equal(profile.ID, '1')
  assert.equal(profile.ADMIN, true)
})

test('a contact is added, changed, read and deleted', async () => {
  const id = await call('crm.contact.add', {
    fields: {
      NAME: 'Анна',
      LAST_NAME: "O'Hara & «Co» #1 50% + 😀",
      BIRTHDATE: '1990-05-01',
      PHONE: [{ VALUE: '+79990000000', VALUE_TYPE: 'MOBILE' }],
      ORIGINATOR_ID: 'test',
      ORIGIN_ID: 'a1'
    }
  })
  assert.equal(typeof id, 'number')
  const added = await call('crm.contact.get', { id })
  assert.equal(added.ID, String(id))
  assert.equal(added.LAST_NAME, "O'Hara & «Co» #1 50% + 😀")
  assert.equal(added.BIRTHDATE, '1990-05-01T03:00:00+03:00')
  assert.equal(added.PHONE[0].VALUE, '+79990000000')

  const update = {
    id,
    fields: {
      NAME: 'Мария',
      PHONE: [{ ID: added.PHONE[0].ID, VALUE: '+79991112233', VALUE_TYPE: 'WORK' }]
    }
  }
  assert.equal(await call('crm.contact.update', update), true)
  const changed = await call('crm.contact.get', { id })
  assert.equal(changed.NAME, 'Мария')
  assert.deepEqual(
    changed.PHONE.map((p) => [p.ID, p.VALUE, p.VALUE_TYPE]),
    [[added.PHONE[0].ID, '+79991112233', 'WORK']]
  )

  assert.equal(await call('crm.contact.delete', { id }), true)
  // The error's code is empty, so the SDK has only the status to go by.
  await assert.rejects(
    b24.actions.v2.call.make({ method: 'crm.contact.get', params: { id } }),
    (error) => error.status === 400
  )
})

test('crm.item.add answers the whole item', async () => {
  const { item } = await call('crm.item.add', {
    entityTypeId: 3,
    fields: {
      name: 'Ivan',
      originId: 'b2',
      fm: [{ typeId: 'EMAIL', valueType: 'HOME', value: 'ivan@example.com' }]
    }
  })
  assert.equal(typeof item.id, 'number')
  assert.equal(item.originId, 'b2')
  assert.equal(item.emailHome, 'ivan@example.com')
  assert.equal(item.lastName, null)
})

test('a batch of named commands keeps values and references', async () => {
  const response = await b24.actions.v2.batch.make({
    calls: {
      add: { method: 'crm.contact.add', params: { fields: { NAME: 'A+B & C#%' } } },
      get: { method: 'crm.contact.get', params: { id: '$result[add]' } },
      fields: ['crm.contact.fields', {}]
    },
    options: { isHaltOnError: false, returnAjaxResult: true }
  })
  assert.ok(response.isSuccess, response.getErrorMessages().join('; '))
  const rows = response.getData()
  assert.equal(rows.get.getData().result.NAME, 'A+B & C#%')
  assert.equal(rows.fields.getData().result.PHONE.isMultiple, true)
})

test('a batch reports the failed command and does the others', async () => {
  const response = await b24.actions.v2.batch.make({
    calls: {
      // Not .get: the SDK takes its empty error code for success.
      bad: { method: 'crm.contact.delete', params: { id: 987654 } },
      good: { method: 'crm.contact.add', params: { fields: { NAME: 'Good' } } }
    },
    options: { isHaltOnError: false, returnAjaxResult: true }
  })
  const rows = response.getData()
  assert.equal(rows.bad.isSuccess, false)
  assert.equal(rows.good.getData().result, 1)
  assert.equal((await portal.control('/contacts/count')).count, 1)
})

test('a batch of an array answers in order', async () => {
  const response = await b24.actions.v2.batch.make({
    calls: [
      ['crm.contact.add', { fields: { NAME: 'First' } }],
      ['crm.contact.add', { fields: { NAME: 'Second' } }]
    ]
  })
  assert.ok(response.isSuccess, response.getErrorMessages().join('; '))
  assert.deepEqual(response.getData(), [1, 2])
})

test('a list of 120 contacts is paged', async () => {
  await portal.control('/contacts/add', { fields: { NAME: 'Guest' }, count: 120 })
  const list = await b24.actions.v2.callList.make({
    method: 'crm.contact.list',
    params: { filter: { NAME: 'guest' }, select: ['ID', 'NAME'] }
  })
  assert.ok(list.isSuccess, list.getErrorMessages().join('; '))
  const ids = list.getData().map((row) => Number(row.ID))
  assert.deepEqual(ids, Array.from({ length: 120 }, (_, i) => i + 1))

  let items = []
  for await (const page of b24.actions.v2.fetchList.make({
    method: 'crm.item.list',
    params: { entityTypeId: 3, select: ['id'] },
    idKey: 'id',
    customKeyForResult: 'items'
  })) {
    items = items.concat(page.map((row) => row.id))
  }
  assert.equal(new Set(items).size, 120)
})

test('offset paging says total and next', async () => {
  await portal.control('/contacts/add', { fields: { NAME: 'Guest' }, count: 70 })
  const first = await b24.actions.v2.call.make({
    method: 'crm.contact.list', params: { order: { ID: 'ASC' }, select: ['ID'] }
  })
  assert.equal(first.getTotal(), 70)
  assert.equal(first.isMore(), true)
  const second = await first.getNext(b24.getHttpClient('v2'))
  assert.equal(second.getData().result.length, 20)
  assert.equal(second.isMore(), false)
})

test('a wrong webhook code is told apart', async () => {
  const wrong = B24Hook.fromWebhookUrl(`${portal.url}/rest/${WEBHOOK.user}/nonsense/`)
  wrong.offClientSideWarning()
  const response = await wrong.actions.v2.call.make({ method: 'profile', params: {} })
    .catch((error) => ({ isSuccess: false, getErrorMessages: () => [error.code] }))
  assert.equal(response.isSuccess, false)
  assert.match(response.getErrorMessages().join(), /INVALID_CREDENTIALS|credentials/)
})
