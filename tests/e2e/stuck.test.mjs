// What a stuck page builder needs: the demo, the debug panel, mistakes with their cures, the report; and a backend in the page.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { root } from '../../tools/project.mjs'
import { journey, post, state } from './journey.mjs'

const axe = readFileSync(join(root, 'node_modules/axe-core/axe.min.js'), 'utf8')
const key = 'data-supabase-key="sb_publishable_storywire_local"'
const assets = ['text', 'cover', 'audio', 'scenes', 'activities', 'pdf']
const card = (/** @type {string} */ id) =>
  `<article data-story-id="${id}">${assets.map((asset) => `<div class="skeleton" data-asset="${asset}"><div class="progress-bar"></div><span class="status"></span></div>`).join('')}</article>`

/** Opens a page of this body and tag; gives what it said on the console. */
async function open(page, url, { tag, body, head = '', query = '', headers = {} }) {
  const said = []
  page.on('console', (message) => message.type() === 'warning' && said.push(message.text()))
  await page.route(`${url}/own*`, (route) =>
    route.fulfill({ contentType: 'text/html', headers, body: `<!doctype html><html lang="en"><title>own</title>${head}<body><main><h1>Own</h1>${body}</main><script async type="module" src="/dist/auto.js" ${tag}></script>` }),
  )
  await page.goto(`${url}/own${query}`)
  return said
}
const panel = (page) => page.locator('#storywire-debug')
/** Waits until something is said. */
const heard = async (page, said, words) => {
  for (let turn = 0; turn < 150 && !said.some((text) => words.test(text)); turn++) await page.waitForTimeout(100)
  assert.deepEqual([said.filter((text) => words.test(text)).length, words], [1, words], said.join('\n'))
}

test(
  'a demo plays a whole story without a backend: progress, content, a failure that is retried',
  journey(async (page, url) => {
    const requests = []
    page.on('request', (request) => requests.push(request.url()))
    await page.clock.install()
    await open(page, url, { tag: 'data-sw-demo', body: card('') + card('wized:v.currentStoryId') })
    const until = async (locator) => {
      for (let turn = 0; turn < 80 && !(await locator.count()); turn++) await page.clock.runFor(500)
      assert.equal(await locator.first().count(), 1, String(locator))
    }
    await until(page.locator('[data-asset="cover"][data-asset-state="generating"][data-progress]'))
    await until(page.locator('[data-asset="audio"][data-asset-state="failed"]'))
    await page.locator('[data-asset="audio"] button').first().click()
    await until(page.locator('[data-story-state="completed"]'))
    const first = page.locator('article').first()
    assert.ok((await first.locator('[data-asset="cover"] img').evaluate((image) => image.naturalWidth)) > 0)
    assert.ok((await first.locator('[data-asset="scenes"] img').count()) === 3)
    assert.match(await first.locator('[data-asset="activities"]').innerText(), /Paint the lantern/)
    assert.match(await first.locator('[data-asset="text"]').innerText(), /little fox/)
    const [audio, pdf] = await first.evaluate((article) => Promise.all([article.querySelector('audio').src, article.querySelector('[data-asset="pdf"] a').href].map(async (address) => [...new Uint8Array(await (await fetch(address)).arrayBuffer())].slice(0, 5).map((code) => String.fromCharCode(code)).join(''))))
    assert.deepEqual([audio, pdf], ['RIFF\u0004'.slice(0, 4) + audio.slice(4), '%PDF-'])
    const before = await first.getAttribute('data-story-id')
    await until(page.locator(`article:first-of-type:not([data-story-id="${before}"])`))
    const foreign = requests.filter((address) => !address.startsWith(url) && !/^(blob|data):/.test(address))
    assert.deepEqual(foreign, [], 'nothing leaves the page')
    assert.ok(!requests.some((address) => /rest\/v1|realtime/.test(address)))
  }),
)

test(
  'a demo of what is partly there: some of it is ready, some failed, and a retry that fails comes back',
  journey(async (page, url) => {
    await page.clock.install()
    await open(page, url, { tag: 'data-sw-demo="partial"', body: card('') })
    for (const [at, asset] of assets.entries()) await state(page, asset, at % 2 ? 'failed' : 'ready')
    await page.locator('[data-story-state="partial"]').waitFor()
    await page.locator('[data-asset="cover"] button').click()
    await page.locator('[data-asset="cover"]:not([data-asset-state="failed"])').waitFor()
    await page.clock.runFor(5_000)
    await state(page, 'cover', 'failed')
  }),
)

test(
  'a demo with presence, notifications and feelings in the page plays all of them, without a backend and without an account',
  journey(async (page, url) => {
    const requests = []
    page.on('request', (request) => requests.push(request.url()))
    await page.clock.install()
    const more = `<ul data-sw-presence="story"></ul><b data-sw-unread></b><div data-sw-toasts></div><ul data-sw-notifications></ul><i data-sw-emotion></i><div data-sw-emotion-graph></div>`
    const said = await open(page, url, { tag: 'data-sw-demo', body: card('').replace('</article>', `${more}</article>`) })
    const comes = async (selector) => {
      for (let turn = 0; turn < 80 && !(await page.locator(selector).count()); turn++) await page.clock.runFor(500)
      assert.ok(await page.locator(selector).count(), selector)
    }
    for (const selector of ['[data-sw-presence] li:nth-of-type(2)', '[data-sw-emotion][data-emotion]', '[data-sw-emotion-graph] svg path', '[data-sw-toast]', '[data-sw-notifications] [data-read="false"]', '[data-asset="cover"][data-asset-state="ready"]']) await comes(selector)
    assert.match(await page.locator('[data-sw-notifications]').innerText(), /Your story goes on/)
    assert.equal(await page.locator('[data-sw-unread]').innerText(), '1')
    await page.locator('[data-sw-notifications] [data-sw-read]').first().click()
    await page.clock.runFor(500)
    await page.locator('[data-sw-notifications] [data-read="true"]').waitFor()
    assert.deepEqual(said, [])
    assert.deepEqual(requests.filter((address) => /rest\/v1|realtime|emotions\/stream/.test(address) || !/^(blob|data):/.test(address) && !address.startsWith(url)), [])
  }),
)

for (const [held, wanted] of [['ready', 'ready'], ['generating', 'generating'], ['failed', 'failed'], ['pending', 'pending']]) {
  test(
    `a demo holds the state ${held}, so that it can be styled`,
    journey(async (page, url) => {
      await open(page, url, { tag: `data-sw-demo="${held}"`, body: card('') })
      for (const asset of assets) await state(page, asset, wanted)
    }),
  )
}

test(
  'the panel says where each state came from, is closed by the keyboard, moves nothing and stays itself on any page',
  journey(async (page, url) => {
    const { id } = await post(`${url}/rest/v1/stories?select=id`, { title: 'Debug', asset_generation_status: { assets: { cover: { status: 'generating', progress: 5 }, pdf: { status: 'pending' } } } }, { prefer: 'return=representation', accept: 'application/vnd.pgrst.object+json' })
    const hostile = '<style>* { color: red !important; font-size: 40px !important; letter-spacing: 1em } div, section, button { display: none !important; transform: rotate(3deg) } article, main { display: block !important } [data-asset] { display: block !important }</style>'
    const place = () => page.locator('article').evaluate((article) => JSON.stringify(article.getBoundingClientRect()))
    await page.addInitScript(() => {
      window.shifts = []
      new PerformanceObserver((list) => window.shifts.push(...list.getEntries().map(({ value }) => value))).observe({ type: 'layout-shift', buffered: true })
    })
    await open(page, url, { tag: `data-supabase-url="/" ${key}`, body: card(id), head: hostile, query: '?storywire-debug' })
    await page.locator('[data-sw-connection], article').first().waitFor()
    const box = panel(page)
    await box.getByText('live since').waitFor()
    assert.match(await box.locator('.assets li').filter({ hasText: 'cover' }).innerText(), /cover: generating 5%[^]*from a read, \d\d:\d\d:\d\d/)
    await post(`${url}/rest/v1/rpc/update_asset_progress`, { story: id, asset: 'cover', status: 'generating', progress: 42 })
    await box.getByText('cover: generating 42%').waitFor()
    assert.match(await box.locator('.assets li').filter({ hasText: 'cover' }).innerText(), /from a change/)
    assert.match(await box.locator('.channels').innerText(), new RegExp(`story:${id}: live`))
    await box.getByText('Messages').click()
    assert.doesNotMatch(await box.locator('.messages').innerText(), /sb_publishable|eyJ/)
    assert.match(await box.locator('.messages').innerText(), /phx_join/)

    const styles = await box.getByRole('button', { name: 'Close' }).evaluate((button) => [getComputedStyle(button).fontSize, getComputedStyle(button).color, getComputedStyle(button).letterSpacing])
    assert.deepEqual([styles[0], styles[2]], ['13px', 'normal'])
    assert.notEqual(styles[1], 'rgb(255, 0, 0)')
    await page.evaluate(axe)
    const found = await page.evaluate(() => window.axe.run('#storywire-debug', { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'] }).then(({ violations }) => violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.target)}`)))
    assert.deepEqual(found, [])

    const before = await place()
    await box.getByRole('button', { name: 'Fold', exact: true }).focus()
    await page.keyboard.press('Enter')
    assert.equal(await box.locator('.body').isVisible(), false)
    await page.keyboard.press('Escape')
    assert.equal(await box.isVisible(), false)
    assert.equal(await place(), before, 'the page stands where it stood')
    await page.evaluate(() => window.Storywire.debug())
    assert.equal(await box.isVisible(), true)
  }),
)

test(
  'the panel says that a state came from a poll, where there is no WebSocket',
  journey(
    async (page, url) => {
      const { id } = await post(`${url}/rest/v1/stories?select=id`, { title: 'Polled', asset_generation_status: { assets: { cover: { status: 'generating', progress: 5 } } } }, { prefer: 'return=representation', accept: 'application/vnd.pgrst.object+json' })
      await post(`${url}/__control/refuse`, { status: 403, ms: 60_000 })
      const options = JSON.stringify({ timing: { pollAfter: 300, pollInterval: 300 } })
      await open(page, url, { tag: `data-supabase-url="/" ${key} data-options='${options}'`, body: card(id), query: '?storywire-debug' })
      await panel(page).getByText('polling since').waitFor()
      await post(`${url}/rest/v1/rpc/update_asset_progress`, { story: id, asset: 'cover', status: 'generating', progress: 42 })
      await panel(page).getByText('cover: generating 42%').waitFor()
      assert.match(await panel(page).locator('.assets li').filter({ hasText: 'cover' }).innerText(), /from a poll, \d\d:\d\d:\d\d/)
    },
    { allow: /WebSocket connection/ },
  ),
)

test(
  'each mistake in the page is said once, with its cure, on the console and in the panel',
  journey(
    async (page, url) => {
      const { id } = await post(`${url}/demo/stories`, { seconds: 600 })
      const body = `<article data-story-id="${id}"><div data-asset="covr"></div></article><p data-asset="pdf"></p><div data-story-id="{{story.id}}"></div><div data-story-id=""></div><div data-story-id="wized:v.none"></div>`
      const said = await open(page, url, { tag: `data-supabase-url="/" ${key} data-sw-debug`, body })
      const expected = [/data-asset="covr" is not an asset of this story: did you mean "cover"\?$/, /data-asset="pdf" stands outside of any element with data-story-id/, /data-story-id="\{\{story\.id\}\}" was not filled in: bind/, /empty data-story-id/, /waits for Wized, which is not on this page: add/]
      for (const words of expected) {
        await heard(page, said, words)
        await panel(page).locator('.mistakes li').filter({ hasText: words }).waitFor()
      }
    },
    { allow: /400|22P02/ },
  ),
)

test(
  'a page that waits too long is looked over without being asked to',
  journey(async (page, url) => {
    const { id } = await post(`${url}/demo/stories`, { seconds: 600 })
    await page.clock.install()
    const said = await open(page, url, { tag: `data-supabase-url="/" ${key}`, body: `<article data-story-id="${id}"><div data-asset="naration"></div><div data-asset="audoi"></div></article>` })
    await page.locator('[data-asset="audoi"][data-asset-state]').waitFor({ state: 'attached' })
    await page.clock.runFor(11_000)
    await heard(page, said, /data-asset="audoi" is not an asset of this story: did you mean "audio"\?$/)
  }),
)

/** A page with one story whose backend is in trouble; what is said of it. */
function trouble(words, prepare, { tag = `data-supabase-url="/" ${key}`, allow = /./, headers, id } = {}) {
  return journey(
    async (page, url) => {
      const story = id ?? (await post(`${url}/demo/stories`, { seconds: 600 })).id
      await prepare(page, url)
      const said = await open(page, url, { tag: `${tag} data-sw-debug`, body: card(story), headers })
      await heard(page, said, words)
      await panel(page).locator('.mistakes li').filter({ hasText: words }).waitFor()
    },
    { allow },
  )
}
const nothing = async () => {}
const unpublished = 'Unable to subscribe to changes with given parameters. Please check Realtime is enabled for the given connect parameters: [event: *, schema: public, table: stories, filters: []]'
test('a table that is not published is named, with the statement', trouble(/"stories" is not in the publication supabase_realtime: run alter publication supabase_realtime add table stories;$/, (_, url) => post(`${url}/__control/subscribed`, { error: unpublished })))
test('a row that nobody finds is named, and that no token was set', trouble(/No row of "stories" has the id "00000000-0000-4000-8000-00000000dead".*since no token was set/, nothing, { id: '00000000-0000-4000-8000-00000000dead' }))
test('a table that the visitor may not read is named, with the statement', trouble(/The role of this visitor may not read "stories": run grant select on stories to anon, authenticated; and add a policy\.$/, (page, url) => page.route(`${url}/rest/v1/stories*`, (route) => route.fulfill({ status: 401, contentType: 'application/json', body: '{"code":"42501","message":"permission denied for table stories"}' }))))
test('a table that there is not is named', trouble(/There is no table "stroies" in the schema "public" .*: name yours in the option stories/, nothing, { tag: `data-supabase-url="/" ${key} data-options='{"stories": {"table": "stroies"}}'` }))
for (const [where, attribute, words] of [
  ['the tag', (token) => token, /The token in data-access-token has expired, as each does that is written into a page: name a value that is renewed instead, such as wized:v\.accessToken\.$/],
  ['a value of the page', () => '#token', /The token that data-access-token="#token" names has expired: have the page renew it there, or sign in again\.$/],
])
  test(
    `a token in ${where} that has expired is named, with its cure, and not shown`,
    journey(
      async (page, url) => {
        const { access_token: token } = await post(`${url}/demo/token`, { expires_in: -60 })
        const { id } = await post(`${url}/demo/stories`, { seconds: 600 })
        const said = await open(page, url, { tag: `data-supabase-url="/" ${key} data-access-token="${attribute(token)}" data-sw-debug`, body: `${card(id)}<input type="hidden" id="token" value="${token}">` })
        await heard(page, said, words)
        await panel(page).locator('.mistakes li').filter({ hasText: words }).waitFor()
        const shown = await panel(page).evaluate((host) => host.shadowRoot.textContent)
        assert.ok(!shown.includes(token.split('.')[1]) && !shown.includes(token.split('.')[2]))
      },
      { allow: /./ },
    ),
  )
test('a slug in place of an id is named', trouble(/"my-story" is not the id of a story, since the column is a uuid/, nothing, { id: 'my-story' }))
test('a wrong key is named', trouble(/does not accept this key: copy the publishable/, nothing, { tag: 'data-supabase-url="/" data-supabase-key="sb_publishable_wrong"' }))
test('a wrong address is named', trouble(/Nothing answers at http:\/\/127\.0\.0\.1:9\/: check data-supabase-url/, nothing, { tag: `data-supabase-url="http://127.0.0.1:9" ${key}` }))
test('a paused project is named', trouble(/The project is paused: open it in the dashboard/, (page, url) => page.route(`${url}/rest/v1/**`, (route) => route.fulfill({ status: 540, contentType: 'application/json', body: '{"message":"Project paused"}' }))))
test('the address of the dashboard is named', trouble(/address of the dashboard: use https:\/\/abcdefgh\.supabase\.co instead/, (page) => page.route('https://supabase.com/**', (route) => route.abort()), { tag: `data-supabase-url="https://supabase.com/dashboard/project/abcdefgh" ${key}` }))
test('a service key is named', trouble(/must never be in a page/, nothing, { tag: 'data-supabase-url="/" data-supabase-key="sb_secret_oops"' }))
test(
  'a policy of the page that blocks the project is named',
  trouble(/content security policy blocks http:\/\/127\.0\.0\.1:9\/.*add its origin to connect-src/, nothing, { tag: `data-supabase-url="http://127.0.0.1:9" ${key}`, headers: { 'content-security-policy': "connect-src 'self'; script-src 'self' 'wasm-unsafe-eval'" } }),
)

for (const query of ['', '&storywire-debug']) {
  test(
    `a report ${query ? 'with' : 'without'} the panel holds no secret, wherever one stands`,
    journey(
      async (page, url) => {
        const token = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1c2VyIiwicm9sZSI6ImFub24ifQ.c2lnbmF0dXJl'
        const secrets = ['sb_publishable_storywire_local', token, 'hunter2hunter2', 'q9-in-query', 'h8-in-hash', 'a7-in-api', 't6-in-title', 'someone@example.com', 'o5paque4value3that2is1very0long']
        const { id } = await post(`${url}/rest/v1/stories?select=id`, { title: `t6-in-title ${token} someone@example.com`, asset_generation_status: { assets: { cover: { status: 'ready', url: `${url}/x.png?token=o5paque4value3that2is1very0long` } } } }, { prefer: 'return=representation', accept: 'application/vnd.pgrst.object+json' })
        await page.addInitScript((value) => {
          localStorage.setItem('sb-x-auth-token', value)
          document.cookie = 'password=hunter2hunter2'
        }, token)
        await open(page, url, { tag: `data-supabase-url="/" ${key} data-access-token="${token}" data-api-base="https://api.example/v1?key=a7-in-api"`, body: card(id), query: `?q=q9-in-query${query}#access_token=h8-in-hash` })
        await page.waitForTimeout(1500)
        const report = await page.evaluate(() => window.Storywire.report())
        assert.match(report, new RegExp(`cover of ${id}: `))
        assert.match(report, /page: http:\/\/127\.0\.0\.1:\d+\/own\?q=…/)
        if (query) assert.match(report, /phx_join/)
        const shown = query ? await panel(page).evaluate((host) => host.shadowRoot.textContent) : ''
        for (const secret of secrets) {
          assert.ok(!report.includes(secret), `${secret} is in the report:\n${report}`)
          if (secret !== 't6-in-title') assert.ok(!shown.includes(secret), `${secret} is in the panel`)
        }
      },
      { allow: /./ },
    ),
  )
}

test(
  'a report holds no value of a setting that could be a secret, wherever the setting takes it from',
  journey(
    async (page, url) => {
      // Each is as a backend of somebody's own might have it: nothing that a pattern would know.
      const values = Object.fromEntries(['access-token', 'user', 'user-name', 'profile', 'wized-app', 'story'].map((name) => [name, `zz${name.replace('-', '')}7secret`]))
      const { access_token: jwt } = await post(`${url}/demo/token`, {})
      const settings = Object.entries(values).map(([name, value], at) => `data-${name}="${at % 2 ? `#${name}` : value}"`).join(' ')
      const fields = Object.entries(values).map(([name, value]) => `<input type="hidden" id="${name}" value="${value}">`).join('')
      const { id } = await post(`${url}/demo/stories`, { seconds: 600 })
      await open(page, url, {
        tag: `data-supabase-url="/" ${key} ${settings} data-api-base="https://someone:zzbasic7secret@api.example/v1?token=${jwt}" data-options='{"assets": {"texts": {"retry": "${jwt}"}}}' data-sw-debug`,
        body: card(id) + fields,
      })
      // The token is none, and the server says so.
      await panel(page).locator('.mistakes li').first().waitFor()
      const report = await page.evaluate(() => window.Storywire.report())
      assert.match(report, /attributes of the tag: .*data-access-token/)
      assert.match(report, new RegExp(`cover of ${id}`))
      for (const secret of [...['access-token', 'user-name', 'wized-app'].map((name) => values[name]), 'zzbasic7secret', 'sb_publishable_storywire_local', jwt, ...jwt.split('.')]) assert.ok(!report.includes(secret), `${secret} is in the report:\n${report}`)
      // The whole of it, by shape: no token, no key, nobody's address.
      assert.doesNotMatch(report, /eyJ[\w-]{8}|sb_(publishable|secret)_\w|[\w.+-]+@[\w-]+\.\w|Bearer (?!‹)/)
    },
    { allow: /./ },
  ),
)

test(
  'the report is copied by a button, or shown to be copied by hand',
  journey(async (page, url) => {
    await open(page, url, { tag: 'data-sw-demo="ready" data-sw-debug', body: card('') })
    await state(page, 'cover', 'ready')
    await page.evaluate(() => Object.defineProperty(navigator, 'clipboard', { configurable: true, value: { writeText: async (text) => void (window.copied = text) } }))
    await panel(page).getByRole('button', { name: 'Copy report' }).click()
    await page.waitForFunction(() => window.copied?.includes('cover of demo-1: ready'))
    await page.evaluate(() => Object.defineProperty(navigator, 'clipboard', { configurable: true, value: { writeText: () => Promise.reject(new Error('no')) } }))
    await panel(page).getByRole('button', { name: 'Copy report' }).click()
    assert.match(await panel(page).getByLabel('Report').inputValue(), /^Storywire/)
  }),
)

test(
  'a page of its own is tested against a backend in the page',
  journey(async (page, url) => {
    await page.route(`${url}/own`, (route) => route.fulfill({ contentType: 'text/html', body: `<!doctype html><title>own</title>${card('42')}` }))
    await page.goto(`${url}/own`)
    await page.evaluate(async () => {
      const { fakeBackend } = await import('/dist/testing.js')
      const backend = (window.backend = fakeBackend())
      backend.story('42', { cover: 30 })
      backend.createClient().observe(document.body)
    })
    await page.locator('[data-asset="cover"][data-progress="30"]').waitFor({ state: 'attached' })
    await page.evaluate(() => window.backend.live('story:42').then(() => window.backend.update('42', { text: { status: 'ready', text: 'Once upon a time' } })))
    await page.getByText('Once upon a time').waitFor()
    await page.evaluate(() => window.backend.close())
  }),
)
