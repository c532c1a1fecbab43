// Notifications: each once, counted, shown as toasts that anybody can use, marked as read everywhere.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { journey, openPage, post, tag } from './journey.mjs'

const axe = readFileSync(new URL('../../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8')
const user = '00000000-0000-4000-8000-00000000d3a0'
const send = (url, more = {}) => post(`${url}/rest/v1/rpc/send_notification`, { user_id: user, title: 'News', message: 'Something has come.', ...more })
const insert = (url, more = {}) => post(`${url}/rest/v1/notifications`, { user_id: user, title: 'News', ...more })
const broadcast = (url, payload) =>
  post(`${url}/realtime/v1/api/broadcast`, { messages: [{ topic: `notifications:${user}`, event: 'new_notification', payload }] })

const toasts = (page) => page.locator('[data-sw-toast]')
const unread = (page, label) => page.waitForFunction((label) => [...document.querySelectorAll('[data-sw-unread]')].every((badge) => badge.hidden === !label && badge.textContent === label), label)
const live = (page) => page.locator('[data-sw-connection="live"]').waitFor()

/** The page, live. */
async function open(page, url, { clock = false } = {}) {
  if (clock) await page.clock.install()
  await page.goto(`${url}/notifications.html`)
  await live(page)
  await page.locator('[data-sw-toasts] [role="status"]').waitFor({ state: 'attached' })
}

test(
  'one that is stored and broadcast is one toast, one in the list, and counts once',
  journey(async (page, url) => {
    await page.addInitScript(() => {
      window.heard = []
      addEventListener('storywire:notification', ({ detail, composed }) => window.heard.push({ title: detail.title, user: detail.row.user_id, composed }))
    })
    await insert(url, { title: 'Old news' })
    await open(page, url)
    await unread(page, '1')
    assert.equal(await toasts(page).count(), 0, 'an old one is no toast')
    await send(url, { title: 'Ready', data: { url: '/?story=1' } })
    await unread(page, '2')
    await page.waitForTimeout(500)
    assert.equal(await toasts(page).count(), 1)
    assert.equal(await page.locator('[data-sw-notifications] > li[data-sw-notification]').count(), 2)
    assert.match(await page.title(), /^\(2\) Notifications/)
    assert.equal(await page.locator('[data-sw-unread]').getAttribute('aria-label'), '2 unread notifications')
    assert.deepEqual(await page.evaluate(() => window.heard), [{ title: 'Ready', user, composed: true }])
    // It says it in a live region that was there before, and takes no focus.
    assert.equal(await page.locator('[role="status"][aria-atomic="false"] [data-sw-toast]').count(), 1)
    assert.equal(await page.evaluate(() => document.activeElement === document.body), true)
    assert.equal(await toasts(page).getByRole('link', { name: 'Ready' }).getAttribute('href'), '/?story=1')
  }),
)

test(
  'a row alone and a broadcast alone are one toast each; a failure is an alert',
  journey(async (page, url) => {
    await open(page, url)
    await page.getByRole('button', { name: 'Only insert a row' }).click()
    await unread(page, '1')
    await page.getByRole('button', { name: 'Only broadcast' }).click()
    await unread(page, '2')
    await page.getByRole('button', { name: 'Something failed' }).click()
    await page.locator('[role="alert"] [data-sw-toast="failure"]').waitFor()
    assert.equal(await page.locator('[role="status"] [data-sw-toast]').count(), 2)
  }),
)

test(
  'ten at once: three show, the others wait their turn; thirty are summed up',
  journey(async (page, url) => {
    await open(page, url)
    await page.getByRole('button', { name: 'Ten at once' }).click()
    await unread(page, '10')
    assert.equal(await toasts(page).count(), 3)
    const close = page.locator('[data-sw-close]')
    const titles = []
    for (let number = 1; number <= 10; number++) {
      assert.ok((await toasts(page).count()) <= 3)
      titles.push(await toasts(page).first().locator('b').textContent())
      await close.first().click()
    }
    assert.deepEqual(titles, Array.from({ length: 10 }, (_, at) => `Good to know, number ${at + 1}`))
    assert.equal(await toasts(page).count(), 0)
    await page.getByRole('button', { name: 'Thirty at once' }).click()
    await unread(page, '40')
    for (let number = 1; number <= 3; number++) await close.first().click()
    assert.match(await toasts(page).first().textContent(), /^27 more notifications/)
    assert.equal(await toasts(page).count(), 1)
  }),
)

test(
  'above ninety-nine the badge says 99+, and all can be marked as read',
  journey(async (page, url) => {
    await post(`${url}/rest/v1/notifications`, Array.from({ length: 120 }, (_, at) => ({ user_id: user, title: `Number ${at}` })))
    await open(page, url)
    await unread(page, '99+')
    await page.getByRole('button', { name: 'Mark all as read' }).click()
    await unread(page, '')
    assert.equal(await page.title(), 'Notifications · Storywire')
    await page.reload()
    await live(page)
    await unread(page, '')
    assert.equal(await page.locator('[data-sw-read-all]').getAttribute('aria-disabled'), 'true')
  }),
)

test(
  'what came while the network was gone is read, counted and told, once',
  journey(
    async (page, url) => {
      await insert(url, { title: 'Before' })
      await open(page, url)
      await unread(page, '1')
      await page.context().setOffline(true)
      await post(`${url}/__control/cut`, { abrupt: true })
      await page.locator('[data-sw-connection]:not([data-sw-connection="live"])').waitFor()
      await send(url, { title: 'Meanwhile' })
      await page.waitForTimeout(300)
      assert.equal(await toasts(page).count(), 0)
      await page.context().setOffline(false)
      await toasts(page).filter({ hasText: 'Meanwhile' }).waitFor({ timeout: 60_000 })
      await unread(page, '2')
      assert.equal(await toasts(page).count(), 1)
    },
    { allow: /ERR_|WebSocket connection|Failed to load/ },
  ),
)

test(
  'two tabs agree: what is read in one is read in the other, and its toast goes',
  journey(async (page, url) => {
    await open(page, url)
    const other = await page.context().newPage()
    await open(other, url)
    await send(url, { title: 'One' })
    await send(url, { title: 'Two' })
    await unread(page, '2')
    await unread(other, '2')
    assert.equal(await toasts(other).count(), 2)
    await page.locator('[data-sw-notifications] li', { hasText: 'One' }).getByRole('button', { name: 'Mark as read' }).click()
    await unread(page, '1')
    await unread(other, '1')
    await toasts(other).filter({ hasText: 'One' }).waitFor({ state: 'detached' })
    assert.equal(await toasts(other).count(), 1)
    await other.locator('[data-sw-notifications] li', { hasText: 'One' }).and(other.locator('[data-read="true"]')).waitFor()
  }),
)

test(
  'with the keyboard alone: toasts wait for the focus, close by button and Escape, and give the focus back',
  journey(async (page, url) => {
    await open(page, url, { clock: true })
    const from = page.getByRole('button', { name: 'Something to know' })
    await from.focus()
    for (let number = 0; number < 3; number++) await page.keyboard.press('Enter')
    await page.waitForFunction(() => document.querySelectorAll('[data-sw-toast]').length === 3)
    assert.ok(await from.evaluate((button) => button === document.activeElement), 'a toast takes no focus')
    const close = page.locator('[data-sw-toast] [data-sw-close]')
    await page.keyboard.press('Escape')
    await page.waitForFunction(() => document.querySelectorAll('[data-sw-toast]').length === 2)
    for (let step = 0; step < 40 && !(await page.evaluate(() => Boolean(document.activeElement.closest('[data-sw-toast]')))); step++) await page.keyboard.press('Tab')
    assert.ok(await close.first().evaluate((button) => button === document.activeElement), 'Tab reaches them')
    const name = await page.evaluate(() => document.activeElement.ariaLabel)
    assert.equal(name, 'Close')
    await page.keyboard.press('Enter')
    await page.waitForFunction(() => document.querySelectorAll('[data-sw-toast]').length === 1)
    assert.ok(await close.evaluate((button) => button === document.activeElement), 'the focus goes to the next one')
    await page.clock.fastForward(9_000)
    assert.equal(await close.count(), 1, 'one that has the focus stays')
    await page.keyboard.press('Escape')
    await page.waitForFunction(() => document.querySelectorAll('[data-sw-toast]').length === 0)
    assert.ok(await page.evaluate(() => document.activeElement !== document.body), 'the focus is not lost')
    // The list: mark one as read, and the focus stays in the list.
    const read = page.locator('[data-sw-notifications] [data-sw-read]')
    await read.first().focus()
    await page.keyboard.press('Enter')
    await unread(page, '2')
    assert.ok(await page.evaluate(() => document.activeElement.matches('[data-sw-read]:not([hidden])')))
  }),
)

test(
  'a toast goes by itself, but not under the pointer and not while it holds a link',
  journey(async (page, url) => {
    await open(page, url, { clock: true })
    await send(url, { title: 'A' })
    await toasts(page).waitFor()
    await toasts(page).hover()
    await page.clock.fastForward(8_000)
    assert.equal(await toasts(page).count(), 1, 'under the pointer')
    await page.mouse.move(0, 0)
    await page.clock.fastForward(8_000)
    await toasts(page).waitFor({ state: 'detached' })
    await send(url, { title: 'B', data: { url: '#b' } })
    await toasts(page).waitFor()
    await page.clock.fastForward(30_000)
    assert.equal(await toasts(page).count(), 1, 'with a link')
    await toasts(page).getByRole('link').click()
    await unread(page, '1')
    assert.equal(await toasts(page).count(), 0, 'what is followed has been read')
  }),
)

test(
  'what the server refuses counts again, with a sentence; without the function the table is written',
  journey(
    async (page, url) => {
      await send(url)
      await open(page, url)
      const said = page.waitForEvent('console', (message) => message.type() === 'warning')
      await post(`${url}/__control/rest`, { path: '/rest/v1/rpc/mark', status: 403, body: { message: 'not yours' } })
      await page.locator('[data-sw-read]').first().click()
      assert.match((await said).text(), /could not be marked as read, so they count again.*not yours/)
      await unread(page, '1')
      await page.locator('[data-sw-read]:not([hidden])').waitFor()
      await post(`${url}/__control/rest`, { path: '/rest/v1/rpc/mark', status: 404, body: { code: 'PGRST202' }, times: 9 })
      const patch = page.waitForRequest((request) => request.method() === 'PATCH')
      await page.locator('[data-sw-read]').first().click()
      await unread(page, '')
      assert.ok((await (await patch).response()).ok())
      await page.reload()
      await live(page)
      await unread(page, '')
      await send(url)
      await unread(page, '1')
      await page.locator('[data-sw-read-all]').click()
      await unread(page, '')
      await page.reload()
      await live(page)
      await unread(page, '')
    },
    { allow: /403|404/ },
  ),
)

test(
  'hostile content is text, and what is no notification is named once',
  journey(async (page, url) => {
    const said = []
    page.on('console', (message) => message.type() === 'warning' && said.push(message.text()))
    await open(page, url)
    await broadcast(url, { title: 'no id' })
    await broadcast(url, { id: {}, title: 'no id either' })
    await send(url, { title: '<img src=x onerror="window.pwned = 1">', message: '<script>window.pwned = 1</script>', type: '"><b>', data: { url: 'javascript:window.pwned=1' } })
    await send(url, { title: 'x'.repeat(1_000_000), message: 'word '.repeat(1000), data: { url: 'data:text/html,<script>parent.pwned=1</script>' } })
    await send(url, { title: '', message: '', data: 'text' })
    await unread(page, '3')
    await page.waitForFunction(() => document.querySelectorAll('[data-sw-toast]').length === 3)
    assert.equal(await page.locator('[data-sw-toast] a[href], [data-sw-notification] a[href], [data-sw-toast] img').count(), 0)
    const first = toasts(page).first()
    assert.equal(await first.locator('b').textContent(), '<img src=x onerror="window.pwned = 1">')
    for (const width of [320, 1280]) {
      await page.setViewportSize({ width, height: 800 })
      const fits = await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth && [...document.querySelectorAll('[data-sw-toast]')].every((toast) => toast.getBoundingClientRect().right <= innerWidth))
      assert.ok(fits, `nothing sticks out at ${width} px`)
    }
    assert.equal(await page.evaluate(() => window.pwned), undefined)
    assert.equal(said.filter((text) => text.includes('came without an id')).length, 1, said.join('\n'))
  }),
)

test(
  'a page has its own design for toasts, can keep one back, and gets badges that come later',
  journey(async (page, url) => {
    await openPage(
      page,
      url,
      `<main><h1>A page</h1><div id="later"></div><span data-sw-connection></span></main>
       <div data-sw-toasts data-text-close="Zu"><template data-sw-toast><article class="mine"><h2 data-sw-field="title"></h2><a data-sw-field="url">Ansehen</a><button data-sw-close>Weg</button></article></template></div>
       <script>addEventListener('storywire:before-toast', (event) => { if (event.detail.title === 'Quiet') event.preventDefault() })</script>`,
      { head: `<style>.mine { background: rgb(1, 2, 3); } .badge { display: flex; }</style>${tag(`data-user="${user}"`)}` },
    )
    await page.locator('[data-sw-toasts] [role="status"]').waitFor({ state: 'attached' })
    await live(page)
    await send(url, { title: 'Quiet' })
    await send(url, { title: 'Loud', action_url: '/ignored' })
    const mine = page.locator('article.mine')
    await mine.waitFor()
    assert.equal(await mine.count(), 1)
    assert.equal(await mine.locator('h2').textContent(), 'Loud')
    assert.equal(await mine.evaluate((element) => getComputedStyle(element).backgroundColor), 'rgb(1, 2, 3)', "the page's own style wins")
    await page.evaluate(() => {
      document.querySelector('#later').innerHTML = '<b class="badge" data-sw-unread data-text="{count} ungelesen">?</b><b class="badge" data-sw-unread></b>'
    })
    await unread(page, '2')
    assert.equal(await page.locator('[data-sw-unread]').first().getAttribute('aria-label'), '2 ungelesen')
    await page.evaluate(() => (document.querySelector('[data-sw-unread]').textContent = 'wiped'))
    await unread(page, '2')
    await mine.getByRole('button', { name: 'Weg' }).click()
    assert.equal(await mine.count(), 0)
    await page.evaluate(() => window.Storywire.push((client) => client.notifications('00000000-0000-4000-8000-000000000001').markAllRead()))
    assert.equal(await page.locator('[data-sw-toasts]').evaluate((place) => place.matches(':popover-open')), true)
  }),
)

test(
  'a modal dialog of the page has the toasts in it while it is open, where they can be used, and not after that',
  journey(async (page, url) => {
    const dialog = '<dialog id="dialog"><h2>Settings</h2><button id="ok">OK</button></dialog>'
    await openPage(page, url, `<main><h1>A page</h1><button id="open" onclick="document.querySelector('#dialog').showModal()">Settings</button><span data-sw-connection></span></main><section><div data-sw-toasts></div></section>${dialog}`, { head: tag(`data-user="${user}"`) })
    await page.locator('[data-sw-toasts] [role="status"]').waitFor({ state: 'attached' })
    await live(page)
    await send(url, { title: 'Before', data: { url: '#' } })
    await toasts(page).waitFor()
    await page.locator('#open').click()
    await send(url, { title: 'While it is open', data: { url: '#' } })
    await toasts(page).nth(1).waitFor()
    // An element that is inert is not what is under the pointer.
    const reached = await toasts(page).locator('[data-sw-close]').evaluateAll((buttons) =>
      buttons.map((button) => {
        const { x, y, width, height } = button.getBoundingClientRect()
        return document.elementFromPoint(x + width / 2, y + height / 2) === button
      }),
    )
    assert.deepEqual(reached, [true, true])
    await toasts(page).first().locator('[data-sw-close]').click()
    assert.equal(await toasts(page).count(), 1)
    await page.locator('#ok').focus()
    for (let step = 0; step < 5 && !(await page.evaluate(() => document.activeElement.matches('[data-sw-close]'))); step++) await page.keyboard.press('Tab')
    await page.keyboard.press('Escape')
    assert.equal(await toasts(page).count(), 0, 'Escape closes the toast that has the focus')
    assert.ok(await page.locator('#dialog').isVisible(), 'and not the dialog')
    await page.keyboard.press('Escape')
    await page.locator('#dialog').waitFor({ state: 'hidden' })
    await page.locator('section > [data-sw-toasts]').waitFor({ state: 'attached' })
    await send(url, { title: 'After' })
    await toasts(page).getByText('After').waitFor()
    // A dialog that goes, as a framework takes it away, does not take them along.
    await page.locator('#open').click()
    await page.locator('dialog > [data-sw-toasts]').waitFor({ state: 'attached' })
    await page.evaluate(() => document.querySelector('#dialog').remove())
    await page.locator('section > [data-sw-toasts]').waitFor({ state: 'attached' })
    await send(url, { title: 'Still there' })
    await toasts(page).getByText('Still there').waitFor()
  }),
)

test(
  'the badge of an installed app is the count, and a page that may not set it hears nothing of it',
  journey(async (page, url) => {
    await page.addInitScript(() => {
      window.badges = []
      Object.assign(navigator, { setAppBadge: (count) => (window.badges.push(count), Promise.reject(new Error('not installed'))) })
    })
    await insert(url)
    await openPage(page, url, '<main><h1>A page</h1><b data-sw-unread></b><button data-sw-read-all>All read</button><span data-sw-connection></span></main>', { head: tag(`data-user="${user}" data-notifications="app"`) })
    await unread(page, '1')
    await live(page)
    await send(url)
    await unread(page, '2')
    assert.equal(await page.title(), 'A page', 'the title was not asked for')
    await page.getByRole('button', { name: 'All read' }).click()
    await unread(page, '')
    assert.deepEqual((await page.evaluate(() => window.badges)).filter((count, at, all) => count !== all[at - 1]).slice(-3), [1, 2, 0])
  }),
)

test(
  'a private channel is joined with the token, and who has none is told what is missing',
  journey(async (page, url) => {
    const body = '<main><h1>A page</h1><b data-sw-unread></b><div data-sw-toasts></div><span data-sw-connection></span></main>'
    const said = []
    page.on('console', (message) => message.type() === 'warning' && said.push(message.text()))
    const { access_token: token } = await post(`${url}/demo/token`, {})
    const joins = []
    page.on('websocket', (socket) => socket.on('framesent', ({ payload }) => String(payload).includes('"phx_join"') && joins.push(JSON.parse(String(payload)))))
    await page.addInitScript((text) => localStorage.setItem('token', text), token)
    await openPage(page, url, body, { head: tag(`data-user="${user}" data-notifications="private" data-access-token="storage:token"`) })
    await page.locator('[data-sw-toasts] [role="status"]').waitFor({ state: 'attached' })
    await live(page)
    const payload = (title) => ({ id: title, title, created_at: new Date().toISOString() })
    // As a function of the database sends it: `realtime.send`.
    const tell = (title, isPrivate) => post(`${url}/rest/v1/rpc/send`, { topic: `notifications:${user}`, event: 'new_notification', payload: payload(title), private: isPrivate })
    await tell('for everybody', false)
    await tell('for one', true)
    await toasts(page).getByText('for one').waitFor()
    assert.equal(await toasts(page).count(), 1, 'what is sent publicly does not come by a private channel')
    const own = joins.find(([, , topic]) => topic === `realtime:notifications:${user}`)
    assert.deepEqual([own[4].config.private, own[4].access_token], [true, token])

    assert.deepEqual(said, [])
    await openPage(page, url, body, { head: tag(`data-user="${user}" data-notifications="private"`), path: '/nobody.html' })
    await page.waitForEvent('console', { predicate: (message) => message.type() === 'warning' && message.text().includes(`notifications:${user}`) })
  }),
)

test(
  'a visitor who signs in in the page gets a badge, another one another, and who signs out none',
  journey(async (page, url) => {
    await post(`${url}/rest/v1/notifications`, [{ user_id: user, title: 'a' }, { user_id: user, title: 'b' }])
    await openPage(page, url, '<main><h1>A page</h1><b data-sw-unread></b><ul data-sw-notifications></ul><div data-sw-toasts></div><span data-sw-connection></span></main>', {
      head: `<script>
        window.variables = { userId: null }; window.watchers = []
        window.Wized = { push: (ready) => ready({ data: { v: window.variables }, reactivity: { watch: (_, changed) => window.watchers.push(changed) } }) }
        window.sign = (user) => { window.variables.userId = user; for (const changed of window.watchers) changed() }
      </script>${tag('data-user="wized:v.userId"')}`,
    })
    const sign = (user) => page.evaluate((user) => window.sign(user), user)
    await page.waitForFunction(() => window.watchers.length > 0)
    await sign(user)
    await unread(page, '2')
    assert.equal(await page.locator('[data-sw-notifications] > li').count(), 2)
    await live(page)
    await send(url, { title: 'c' })
    await toasts(page).waitFor()
    await sign('00000000-0000-4000-8000-000000000001')
    await unread(page, '')
    assert.equal(await page.locator('[data-sw-notifications] > li').count(), 0, 'nobody sees what was for another')
    assert.equal(await toasts(page).count(), 0)
    await sign(user)
    await unread(page, '3')
    assert.equal(await toasts(page).count(), 0, 'and it is old by now')
    await sign(null)
    await unread(page, '')
  }),
)

test(
  'code without elements hears of each, marks it, and ends it; no user is said',
  journey(async (page, url) => {
    await openPage(page, url, '<main><h1>A page</h1></main>', { head: tag() })
    await page.evaluate((user) => {
      window.told = { news: [], unread: [], errors: [] }
      return new Promise((resolve) =>
        (window.Storywire ||= []).push((client) => {
          window.client = client
          window.bell = client.notifications(user, {
            onNotification: ({ id, title, row }) => window.told.news.push([id === row.id, title]),
            onUnread: (unread) => window.told.unread.push(unread),
          })
          client.notifications('', { onError: ({ code, message }) => window.told.errors.push(code, message) })
          client.on('connection', (state) => state === 'live' && resolve())
        }),
      )
    }, user)
    const { id } = await send(url, { title: 'One' })
    await page.waitForFunction(() => window.told.unread.includes(1))
    assert.equal(await page.evaluate((id) => window.bell.markRead(id), id), true)
    await page.evaluate(() => window.bell.close())
    await send(url, { title: 'Two' })
    await page.waitForTimeout(300)
    const { news, unread, errors } = await page.evaluate(() => window.told)
    assert.deepEqual([news, unread], [[[true, 'One']], [0, 1, 0]])
    assert.equal(errors[0], 'no-user')
    assert.match(errors[1], /data-user/)
    assert.equal(await toasts(page).count(), 0)
  }),
)

test(
  'code that follows the notifications that the tag shows hears them, and each shows once; those of another user are said to be in the way',
  journey(async (page, url) => {
    const warned = []
    page.on('console', (message) => message.type() === 'warning' && warned.push(message.text()))
    const { access_token } = await post(`${url}/demo/token`, {})
    await page.addInitScript(() => {
      window.events = 0
      addEventListener('storywire:notification', () => window.events++)
    })
    await openPage(page, url, '<b data-sw-unread></b><div data-sw-toasts></div><p data-sw-connection></p>', { head: tag(`data-user="${user}" data-access-token="${access_token}"`) })
    await live(page)
    await send(url, { title: 'One' })
    await unread(page, '1')
    await page.evaluate((user) => {
      window.news = []
      window.Storywire.push((client) => (window.bell = client.notifications(user, { onNotification: ({ title }) => window.news.push(title) })))
    }, user)
    await page.waitForFunction(() => window.bell?.unread === 1)
    await send(url, { title: 'Two' })
    await unread(page, '2')
    await page.waitForFunction(() => window.news.join() === 'Two')
    assert.equal(await toasts(page).count(), 2, 'one each')
    assert.equal(await page.evaluate(() => window.events), 2, 'each is told once at the page')
    assert.deepEqual(warned, [])
    await page.evaluate(() => window.Storywire.push((client) => (window.other = client.notifications('00000000-0000-4000-8000-0000000000ee'))))
    await page.waitForFunction(() => window.other?.isCounted)
    assert.match(warned.join(), /^Storywire: notifications\(\) was called twice for the same elements, which show those of the first until it is closed, another user's\. Close that one, or give each a root of its own\.$/)
    await page.evaluate(() => window.bell.close())
    await unread(page, '2')
    assert.equal(await page.locator('[data-sw-unread]').isVisible(), true)
  }),
)

test(
  'of two in the same elements the second shows when the first is closed',
  journey(async (page, url) => {
    const { access_token } = await post(`${url}/demo/token`, {})
    await openPage(page, url, '<b data-sw-unread></b>', { head: tag(`data-access-token="${access_token}"`) })
    await send(url, { title: 'One' })
    await page.evaluate((user) => window.Storywire.push((client) => (window.bells = [1, 2].map(() => client.notifications(user)))), user)
    await unread(page, '1')
    await page.waitForFunction(() => window.bells[1].unread === 1)
    await page.evaluate(() => window.bells[0].close())
    await unread(page, '1')
    await page.evaluate(() => window.bells[1].close())
    await unread(page, '')
  }),
)

test(
  'code that asks for toasts gets a place for them where the page has none',
  journey(async (page, url) => {
    await openPage(page, url, '<main><h1>A page</h1></main>', { head: tag() + '<link rel="stylesheet" href="/dist/notifications.css">' })
    await page.evaluate(
      (user) =>
        new Promise((resolve) =>
          (window.Storywire ||= []).push((client) => {
            window.bell = client.notifications(user, { toast: true, duration: 60_000 })
            client.on('connection', (state) => state === 'live' && resolve())
          }),
        ),
      user,
    )
    await page.locator('body > [data-sw-toasts] [role="status"]').waitFor({ state: 'attached' })
    await send(url, { title: 'One' })
    await toasts(page).waitFor()
    assert.equal(await page.locator('[data-sw-toasts]').getAttribute('aria-label'), 'Notifications')
    await page.evaluate(() => window.bell.close())
    await toasts(page).waitFor({ state: 'detached' })
  }),
)

for (const colorScheme of ['light', 'dark']) {
  test(
    `axe finds nothing on the notifications page, ${colorScheme}, narrow and wide, empty and full`,
    journey(
      async (page, url) => {
        await open(page, url)
        const check = async (what) => {
          await page.evaluate(axe)
          const { violations } = await page.evaluate(() => window.axe.run())
          assert.deepEqual(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html.slice(0, 200))]), [], what)
        }
        await check('empty')
        for (const kind of ['A story is ready', 'Something to know', 'Something failed']) await page.getByRole('button', { name: kind }).click()
        await page.waitForFunction(() => document.querySelectorAll('[data-sw-toast]').length === 3)
        await toasts(page).first().hover()
        await page.locator('[data-sw-read]').first().evaluate((button) => button.click())
        for (const width of [320, 1280, 1920]) {
          await page.setViewportSize({ width, height: 800 })
          await page.waitForTimeout(400)
          await check(`${width} px`)
          assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${width} px: nothing sticks out`)
        }
      },
      { context: { colorScheme } },
    ),
  )
}
