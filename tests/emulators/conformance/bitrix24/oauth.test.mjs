// The official SDK with an OAuth application.
import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { B24OAuth } from '@bitrix24/b24jssdk'
import { startPortal } from './portal.mjs'

let portal

before(async () => { portal = await startPortal() })
after(() => portal.stop())
beforeEach(() => portal.control('/reset', {}))

async function connect() {
  const tokens = await portal.control('/oauth/tokens', { user_id: 1 })
  const b24 = new B24OAuth(
    {
      applicationToken: 'test',
      userId: 1,
      memberId: tokens.member_id,
      accessToken: tokens.access_token,
      refreshToken: tokens.refresh_token,
      expires: tokens.expires,
      expiresIn: tokens.expires_in,
      scope: 'crm',
      domain: new URL(portal.url).host,
      clientEndpoint: tokens.client_endpoint,
      serverEndpoint: tokens.server_endpoint,
      status: 'L'
    },
    { clientId: tokens.client_id, clientSecret: tokens.client_secret }
  )
  b24.offClientSideWarning()
  return { b24, tokens }
}

const call = (b24, method, params = {}) => b24.actions.v2.call.make({ method, params })

test('a call with an access token answers', async () => {
  const { b24 } = await connect()
  const info = await call(b24, 'app.info')
  assert.ok(info.isSuccess, info.getErrorMessages().join('; '))
  assert.equal(info.getData().result.INSTALLED, true)
})

test('an expired token is refreshed once and the call repeated', async () => {
  const { b24, tokens } = await connect()
  let renewed = null
  b24.setCallbackRefreshAuth(async ({ b24OAuthParams }) => { renewed = b24OAuthParams })
  await portal.control('/oauth/tokens', { expire: 'access', issue: false })
  const added = await call(b24, 'crm.contact.add', { fields: { NAME: 'After' } })
  assert.ok(added.isSuccess, added.getErrorMessages().join('; '))
  assert.notEqual(renewed.refreshToken, tokens.refresh_token)
  assert.equal((await portal.control('/contacts/count')).count, 1)
  assert.equal((await portal.control('/counters')).token_refreshes, 1)
})

test('a used refresh token is refused', async () => {
  const { b24, tokens } = await connect()
  await b24.auth.refreshAuth()
  const again = await fetch(`${portal.oauth}/oauth/token/?` + new URLSearchParams({
    grant_type: 'refresh_token',
    client_id: tokens.client_id,
    client_secret: tokens.client_secret,
    refresh_token: tokens.refresh_token
  }))
  assert.equal(again.status, 400)
  assert.equal((await again.json()).error, 'invalid_grant')
})

test('an offline event of a manager\'s deletion is fetched', async () => {
  const { b24 } = await connect()
  const bound = await call(b24, 'event.bind', {
    event: 'ONCRMCONTACTDELETE', event_type: 'offline'
  })
  assert.ok(bound.isSuccess, bound.getErrorMessages().join('; '))
  const { id } = await portal.control('/contacts/add', { fields: { NAME: 'Gone' } })
  await portal.control('/contacts/delete', { id })
  const got = await call(b24, 'event.offline.get', { clear: 1 })
  const [event] = got.getData().result.events
  assert.equal(event.EVENT_NAME, 'ONCRMCONTACTDELETE')
  assert.equal(event.EVENT_DATA.FIELDS.ID, id)
})
