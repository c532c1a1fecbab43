// Values that settings take from the page: each kind is read, and followed as it changes.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { journey, openPage, post, tag, until } from './journey.mjs'

const row = async (url, progress) =>
  (await post(`${url}/rest/v1/stories?select=id`, { title: 'A story', asset_generation_status: { assets: { cover: { status: 'generating', progress } } } }, { prefer: 'return=representation', accept: 'application/vnd.pgrst.object+json' })).id
const card = (setting, id) => `<div id="card-${id}" data-story-id="${setting}"><div data-asset="cover"></div></div>`
const shows = (page, id, progress) => page.locator(`#card-${id} [data-progress="${progress}"]`).waitFor({ state: 'attached' })

test(
  'query, path, cookie, storage and elements say which story it is, and another when they change',
  journey(async (page, url) => {
    const [one, two] = [await row(url, 11), await row(url, 22)]
    const kinds = { query: 'query:story', path: 'path:/stories/:id', cookie: 'cookie:story', local: 'storage:story', session: 'storage:late', json: 'storage:app.state.story', field: '#field', text: '#text' }
    const body = `${Object.entries(kinds).map(([id, setting]) => card(setting, id)).join('')}<form><input id="field" value="${one}"></form><span id="text"> ${one} </span>${tag()}`
    const head = `<script>
      document.cookie = 'story=${one}'
      localStorage.story = '${one}'
      sessionStorage.late = '${one}'
      localStorage.app = JSON.stringify({ state: { story: '${one}' } })
    </script>`
    // The address that the server knows is another one than the page shows.
    await openPage(page, url, body, { head: `<script>history.replaceState(null, '', '/stories/${one}/?story=${one}')</script>${head}` })
    for (const id of Object.keys(kinds)) await shows(page, id, 11)
    await page.evaluate((id) => {
      history.pushState(null, '', `/stories/${id}?story=${id}`)
      document.cookie = `story=${id}`
      localStorage.story = id
      sessionStorage.late = id
      localStorage.app = JSON.stringify({ state: { story: id } })
      document.querySelector('#text').textContent = id
    }, two)
    await page.locator('#field').fill(two)
    for (const id of Object.keys(kinds)) await shows(page, id, 22)
    await page.goBack()
    for (const id of ['query', 'path']) await shows(page, id, 11)
    // A clone follows as its original does.
    await page.evaluate(() => document.body.append(Object.assign(document.querySelector('#card-query').cloneNode(true), { id: 'card-clone' })))
    await shows(page, 'clone', 11)
    await page.goForward()
    await shows(page, 'clone', 22)
  }),
)

test(
  'the project itself may be named by values of the page, and the token by what another script keeps',
  journey(async (page, url) => {
    const { access_token: token } = await post(`${url}/demo/token`, {})
    const id = await row(url, 33)
    const joins = []
    page.on('websocket', (socket) => socket.on('framesent', ({ payload }) => payload.includes('phx_join') && joins.push(JSON.parse(payload)[4])))
    const attributes = 'data-supabase-url="#project" data-supabase-key="storage:publishable" data-access-token="storage:sb-project-auth-token.access_token"'
    await openPage(page, url, `${card(id, 'own')}<input id="project" type="hidden" value=""><script async type="module" src="/dist/auto.js" ${attributes}></script>`, {
      head: `<script>localStorage.setItem('sb-project-auth-token', JSON.stringify({ access_token: '${token}' }))</script>`,
    })
    await page.waitForFunction(() => window.Storywire?.push)
    await page.evaluate(() => {
      localStorage.publishable = 'sb_publishable_storywire_local'
      document.querySelector('#project').value = location.origin
    })
    await shows(page, 'own', 33)
    await page.waitForFunction(() => window.Storywire.client.connection === 'live')
    assert.deepEqual(joins.map(({ access_token: sent }) => sent), [token])
    // Who signs out in another tab or script is signed out here.
    await page.evaluate(() => localStorage.removeItem('sb-project-auth-token'))
    await until(() => joins.length > 1, () => 'another join')
    assert.notEqual(joins.at(-1).access_token, token)
  }),
)

test(
  'which asset an element shows may be a value of the page too, and another when that changes',
  journey(async (page, url) => {
    const states = { cover: { status: 'generating', progress: 44 }, pdf: { status: 'generating', progress: 55 } }
    const { id } = await post(`${url}/rest/v1/stories?select=id`, { title: 'A story', asset_generation_status: { assets: states } }, { prefer: 'return=representation', accept: 'application/vnd.pgrst.object+json' })
    await openPage(page, url, `<select id="which"><option>cover<option>pdf<option value="">none</select><div id="card-any" data-story-id="${id}"><div data-asset="#which"></div></div>${tag()}`)
    await shows(page, 'any', 44)
    await page.locator('#which').selectOption('pdf')
    await shows(page, 'any', 55)
    assert.equal(await page.locator('#card-any [data-progress="44"]').count(), 0)
    // None: what happens meanwhile is not shown.
    await page.evaluate(() => {
      window.shown = []
      const asset = document.querySelector('#card-any > div')
      new MutationObserver(() => window.shown.push(asset.dataset.progress)).observe(asset, { attributeFilter: ['data-progress'] })
    })
    await page.locator('#which').selectOption('none')
    for (const [asset, progress] of [['pdf', 56], ['cover', 45]]) await post(`${url}/rest/v1/rpc/update_asset_progress`, { story: id, asset, status: 'generating', progress })
    await page.waitForFunction((id) => window.Storywire.client.told.get(id)?.get('cover')?.progress === 45, id)
    await page.locator('#which').selectOption('cover')
    await shows(page, 'any', 45)
    assert.deepEqual(await page.evaluate(() => window.shown), ['45'])
  }),
)

test(
  'a project that changes under way is pointed out, and the first stays',
  journey(async (page, url) => {
    const warned = []
    page.on('console', (message) => message.type() === 'warning' && warned.push(message.text()))
    const id = await row(url, 66)
    await openPage(page, url, `${card(id, 'own')}<input id="project" value="${url}"><input id="key" value="sb_publishable_storywire_local"><script async type="module" src="/dist/auto.js" data-supabase-url="#project" data-supabase-key="#key"></script>`)
    await shows(page, 'own', 66)
    await page.locator('#project').fill('https://other.supabase.co')
    await page.locator('#key').fill('sb_publishable_other')
    await until(() => warned.length === 2, () => warned.join('\n'))
    assert.match(warned[0], /^Storywire: #project has another value now, and data-supabase-url keeps the first until the page is loaded again\.$/)
    assert.match(warned[1], /^Storywire: #key has another value now, and data-supabase-key keeps the first/)
    await post(`${url}/rest/v1/rpc/update_asset_progress`, { story: id, asset: 'cover', status: 'generating', progress: 67 })
    await shows(page, 'own', 67)
    assert.equal(warned.length, 2, 'each is said once')
  }),
)

test(
  'a pattern without a name in it is pointed out',
  journey(async (page, url) => {
    const warned = page.waitForEvent('console', (message) => message.type() === 'warning')
    await openPage(page, url, card('path:/stories', 'card') + tag())
    assert.match((await warned).text(), /path:\/stories names no part of the address: write a word after a colon/)
  }),
)
