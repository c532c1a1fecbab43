// Who is here, in real pages: coming, going, names, tabs, a server that is cut, pointers, the keyboard, hostile people.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { journey, openPage, post, tag } from './journey.mjs'

const axe = readFileSync(new URL('../../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8')

/** Another person's window. */
const another = async (page) => (await page.context().browser().newContext()).newPage()

/** A page with a list, a count and a place for pointers, for one person. */
const enter = (page, url, key, name = key, body = '<ul data-sw-presence="t"></ul><span data-sw-presence-count="t"></span>') =>
  openPage(page, url, `${body}${tag(`data-user="${key}" data-user-name="${name}"`)}`)

/** Waits until a list shows these names, in this order. */
async function shows(page, names, timeout = 10_000) {
  const isThere = (wanted) => {
    const items = [...document.querySelectorAll('[data-sw-presence] > [data-storywire]:not([data-leaving])')]
    return items.map((item) => (item.querySelector('.sw-person-name, [data-sw-field="name"]') ?? item).textContent).join() === wanted
  }
  await page.waitForFunction(isThere, names.join(), { timeout }).catch(async (error) => {
    throw new Error(`${names} expected: ${await page.locator('[data-sw-presence]').first().innerHTML()}`, { cause: error })
  })
}

/** Somebody who says whatever they like, past all that our own pages check. */
async function stranger(page, url, topic = 't') {
  await openPage(page, url, '<p>A stranger</p>')
  await page.evaluate(
    async ([address, name]) => {
      const { createClient } = await import('/dist/index.js')
      window.client = createClient(address, 'sb_publishable_storywire_local')
      window.come = (key, meta) =>
        new Promise((resolve) => {
          // Each key on a connection of its own: a connection joins a topic once.
          const own = createClient(address, 'sb_publishable_storywire_local')
          const channel = own.channel(name, { config: { presence: { key, enabled: true } } })
          channel.subscribe(async (status) => status === 'SUBSCRIBED' && resolve([await channel.track(meta), (window.last = channel)][0]))
        })
    },
    [url, topic],
  )
}

test(
  'people come, are counted, change their names and go with their last tab',
  journey(async (page, url) => {
    await enter(page, url, 'ada', 'Ada Byron')
    await shows(page, ['Ada Byron'])
    assert.equal(await page.locator('[data-storywire="person"]').getAttribute('data-self'), '')
    assert.equal(await page.locator('.sw-person-initials').textContent(), 'AB')
    const tabs = []
    for (let number = 0; number < 3; number++) {
      tabs.push(await another(page))
      await enter(tabs[number], url, 'ben', `Ben ${number}`)
      await shows(page, ['Ada Byron', `Ben ${number}`])
    }
    assert.equal(await page.locator('[data-sw-presence-count]').textContent(), '2', 'three tabs are one person')
    await tabs[0].evaluate(() => window.Storywire.push((client) => client.presence('t', { key: 'ben' }).update({ name: 'Benjamin' })))
    await shows(page, ['Ada Byron', 'Benjamin'])
    await shows(tabs[2], ['Benjamin', 'Ada Byron'])
    await tabs[0].close()
    await tabs[1].close()
    await shows(page, ['Ada Byron', 'Ben 2'])
    await tabs[2].close()
    await shows(page, ['Ada Byron'])
    assert.equal(await page.locator('[data-sw-presence-count]').textContent(), '1')
    await page.waitForFunction(() => !document.querySelector('[data-leaving]'))
  }),
)

test(
  'five are shown and the rest are a number; who stays is not touched, and keeps the focus',
  journey(async (page, url) => {
    await enter(page, url, 'me', 'Me', '<ol data-sw-presence="t"><template><li><button type="button" data-sw-field="name"></button> <i data-sw-field="mood"></i></li></template></ol>')
    await shows(page, ['Me'])
    const other = await another(page)
    await stranger(other, url)
    for (const [key, mood] of [['a', 'calm'], ['b', '<b>'], ['c', ''], ['d', ''], ['e', ''], ['f', ''], ['g', '']]) await other.evaluate(([of, text]) => window.come(of, { name: of.toUpperCase(), mood: text }), [key, mood])
    await shows(page, ['Me', 'A', 'B', 'C', 'D', 'and 3 more'])
    assert.equal(await page.locator('i').nth(2).textContent(), '<b>')
    await page.evaluate(() => {
      document.querySelectorAll('[data-storywire="person"] button')[2].focus()
      window.touched = []
      new MutationObserver((all) => window.touched.push(...all.flatMap(({ addedNodes, removedNodes }) => [...addedNodes, ...removedNodes].map(({ textContent }) => textContent)))).observe(document.querySelector('ol'), { childList: true })
    })
    await other.evaluate(() => window.last.untrack())
    await shows(page, ['Me', 'A', 'B', 'C', 'D', 'and 2 more'])
    assert.equal(await page.evaluate(() => document.activeElement.textContent), 'B')
    assert.deepEqual(await page.evaluate(() => window.touched), [])
    await page.evaluate(() => document.querySelector('ol').setAttribute('data-max', '2'))
    await shows(page, ['Me', 'A', 'and 5 more'])
    assert.equal(await page.evaluate(() => document.activeElement.localName), 'ol', 'the focus is not lost with the one who had it')
  }),
)

test(
  'a server that is cut loses nobody for long, and brings nobody twice',
  journey(async (page, url) => {
    const other = await another(page)
    await enter(page, url, 'ada', 'Ada')
    await enter(other, url, 'ben', 'Ben')
    await shows(page, ['Ada', 'Ben'])
    for (const one of [page, other]) {
      await one.evaluate(() => {
        window.changes = []
        const note = (all) => window.changes.push(...all.map(({ type, target }) => `${type} ${target.textContent}`))
        new MutationObserver(note).observe(document.querySelector('[data-sw-presence]'), { subtree: true, childList: true, attributeFilter: ['data-leaving'] })
      })
    }
    await post(`${url}/__control/cut`, { code: 1012, reason: 'restart' })
    await page.waitForFunction(() => window.Storywire.client?.connection !== 'live')
    await page.waitForFunction(() => window.Storywire.client.connection === 'live', undefined, { timeout: 30_000 })
    await shows(page, ['Ada', 'Ben'], 30_000)
    await shows(other, ['Ben', 'Ada'], 30_000)
    await page.waitForTimeout(2_000)
    for (const one of [page, other]) assert.deepEqual(await one.evaluate(() => window.changes), [], 'nothing flickered')
    await other.close()
    await shows(page, ['Ada'], 20_000)
  }),
)

test(
  'what hostile people call themselves is text, of a bearable length, and breaks nothing',
  journey(async (page, url) => {
    await enter(page, url, 'me', 'Me', '<ul data-sw-presence="t" data-max="20"></ul>')
    await shows(page, ['Me'])
    const other = await another(page)
    await stranger(other, url)
    const hostile = [
      ['html', { name: '<img src=x onerror="window.hacked=1">' }],
      ['long', { name: 'x'.repeat(200_000) }],
      ['rtl', { name: '\u202egnp.exe' }],
      ['__proto__', { name: 'Proto', toString: 1 }],
      ['', { name: { a: 1 } }],
      ['constructor', { name: ['x'], meta: null, online_at: { x: 1 } }],
      ['"><script>', {}],
    ]
    for (const [key, meta] of hostile) assert.equal(await other.evaluate(([of, what]) => window.come(of, what), [key, meta]), 'ok', key)
    await page.waitForFunction(() => document.querySelectorAll('[data-storywire="person"]').length === 8)
    const names = await page.locator('.sw-person-name').allTextContents()
    assert.ok(names.includes('<img src=x onerror="window.hacked=1">'))
    assert.ok(names.includes('x'.repeat(60)) && names.includes('gnp.exe') && names.includes('Proto'))
    assert.equal(names.filter((name) => name === 'Guest').length, 3)
    assert.equal(await page.evaluate(() => window.hacked), undefined)
    assert.equal(await page.locator('[data-sw-presence] img').count(), 0)
    assert.equal(await page.evaluate(() => ({}).name), undefined)
  }),
)

test(
  'screen readers are told who came and went in one sentence, and sighted people nothing',
  journey(async (page, url) => {
    await enter(page, url, 'me', 'Me')
    await shows(page, ['Me'])
    const other = await another(page)
    await stranger(other, url)
    for (const name of ['Ada', 'Ben']) await other.evaluate((of) => window.come(of, { name: of }), name)
    const said = page.locator('[data-storywire="said"]')
    await page.waitForFunction(() => document.querySelector('[data-storywire="said"]').textContent === 'Ada and Ben joined.', undefined, { timeout: 8_000 })
    assert.equal(await said.getAttribute('role'), 'status')
    assert.ok((await said.boundingBox()).width <= 1)
  }),
)

test(
  'pointers move in the other window, and go with the one whose they are',
  journey(async (page, url) => {
    const other = await another(page)
    const board = '<div data-sw-cursors="t" style="width: 400px; height: 300px">A board</div><ul data-sw-presence="t"></ul>'
    await enter(page, url, 'ada', 'Ada', board)
    await enter(other, url, 'ben', 'Ben', board.replace('400px', '200px'))
    await shows(page, ['Ada', 'Ben'])
    await shows(other, ['Ben', 'Ada'])
    const box = await other.locator('[data-sw-cursors]').boundingBox()
    await other.mouse.move(box.x + 50, box.y + 150)
    const cursor = page.locator('[data-storywire="cursor"]')
    await cursor.waitFor()
    const at = async () => page.evaluate(() => ['--sw-x', '--sw-y'].map((name) => Number(document.querySelector('[data-storywire="cursor"]').style.getPropertyValue(name))))
    assert.deepEqual(await at(), [0.25, 0.5], 'fractions, since the windows differ')
    await page.waitForTimeout(150)
    const [there, drawn] = [await page.locator('[data-sw-cursors]').boundingBox(), await cursor.boundingBox()]
    assert.ok(Math.abs(drawn.x - there.x - 100) < 2 && Math.abs(drawn.y - there.y - 150) < 2, JSON.stringify([there, drawn]))
    assert.equal(await cursor.textContent(), 'Ben')
    await other.mouse.move(box.x + 100, box.y + 150, { steps: 60 })
    await page.waitForFunction(() => document.querySelector('[data-storywire="cursor"]').style.getPropertyValue('--sw-x') === '0.5')
    await other.mouse.move(box.x + 100, box.y + 400)
    await page.waitForFunction(() => !document.querySelector('[data-storywire="cursor"]'))
    await other.mouse.move(box.x + 10, box.y + 10)
    await cursor.waitFor()
    await other.close()
    await page.waitForFunction(() => !document.querySelector('[data-storywire="cursor"]'))
  }),
)

test(
  'with more people each pointer is told less often, and who wants no motion sees none',
  journey(
    async (page, url) => {
      await enter(page, url, 'me', 'Me', '<div data-sw-cursors="t" style="width: 400px; height: 300px">A board</div>')
      const other = await another(page)
      await stranger(other, url)
      await other.evaluate(async () => {
        for (const key of ['a', 'b', 'c', 'd', 'e']) await window.come(key, { name: key })
        window.heard = []
        window.last.on('broadcast', { event: 'cursor' }, ({ payload }) => window.heard.push(payload))
      })
      await page.waitForFunction(() => window.Storywire.client?.presence)
      await page.evaluate(() => new Promise((resolve) => window.Storywire.push((client) => client.presence('t', { key: 'me', meta: null, onSync: (people) => people.length === 6 && resolve(undefined) }))))
      const box = await page.locator('[data-sw-cursors]').boundingBox()
      const start = Date.now()
      for (let at = 0; Date.now() - start < 1_500; at++) {
        await page.mouse.move(box.x + (at % 100), box.y + 20)
        await page.waitForTimeout(10)
      }
      await page.mouse.move(box.x + 300, box.y + 150)
      const took = Date.now() - start
      await other.waitForFunction(() => window.heard.at(-1)?.x === 0.75 && window.heard.at(-1)?.y === 0.5)
      const count = await other.evaluate(() => window.heard.length)
      assert.ok(count >= 3 && count <= took / 100 + 3, `${count} in ${took} ms`)
      await other.evaluate(() => window.last.send({ type: 'broadcast', event: 'cursor', payload: { key: 'e', x: 0.1, y: 0.1 } }))
      const cursor = page.locator('[data-storywire="cursor"]')
      await cursor.waitFor()
      assert.equal(await cursor.evaluate((element) => getComputedStyle(element).transitionDuration), '0s')
      for (const position of [{ x: 2, y: 0 }, { x: '0.1', y: 0.1 }, { x: null }, {}]) {
        await other.evaluate((odd) => window.last.send({ type: 'broadcast', event: 'cursor', payload: { key: 'e', ...odd } }), position)
        await page.waitForFunction(() => !document.querySelector('[data-storywire="cursor"]'), undefined, { timeout: 3_000 })
      }
    },
    { context: { reducedMotion: 'reduce' } },
  ),
)

test(
  "an image of a person's own is an address of the web, or none",
  journey(async (page, url) => {
    await enter(page, url, 'me', 'Me', '<ul data-sw-presence="t"><template><li><img data-sw-field="avatar" alt=""><b data-sw-field="name"></b></li></template></ul>')
    await shows(page, ['Me'])
    const other = await another(page)
    await stranger(other, url)
    const addresses = ['javascript:window.hacked=1', 'data:text/html,x', `${url}/dist/storywire.css`, 'http://[', '']
    for (const [at, avatar] of addresses.entries()) await other.evaluate(([key, of]) => window.come(key, { name: key, avatar: of }), [`k${at}`, avatar])
    await page.evaluate(() => document.querySelector('ul').setAttribute('data-max', '9'))
    await shows(page, ['Me', 'k0', 'k1', 'k2', 'k3', 'k4'])
    assert.deepEqual(await page.locator('li img').evaluateAll((images) => images.map((image) => image.getAttribute('src'))), [null, null, null, addresses[2], null, null])
  }),
)

test(
  'sixty positions in a moment are a few messages, and the last of them arrives',
  journey(async (page, url) => {
    const other = await another(page)
    await enter(page, url, 'ada')
    await stranger(other, url)
    await other.evaluate(async () => {
      const room = (window.room = window.client.room('t', { key: 'ben' }))
      window.results = Promise.all(Array.from({ length: 60 }, (_, n) => room.send('x', { n }, { latest: true })))
      await window.results
    })
    const results = await other.evaluate(() => window.results)
    assert.equal(results.at(-1), 'ok')
    assert.ok(results.filter((one) => one === 'replaced').length >= 57, results.join())
  }),
)

test(
  'the elements may come later, name a story, go, be wiped and be cloned',
  journey(async (page, url) => {
    const first = '00000000-0000-4000-8000-000000000001'
    await enter(page, url, 'me', 'Me', `<div data-story-id="${first}" id="story"></div>`)
    await page.evaluate(() => document.querySelector('#story').insertAdjacentHTML('beforeend', '<ul data-sw-presence></ul>'))
    await shows(page, ['Me'])
    await page.evaluate(() => (document.querySelector('[data-sw-presence]').textContent = 'wiped '))
    await shows(page, ['Me'])
    await page.evaluate(() => document.body.append(document.querySelector('#story').cloneNode(true)))
    await page.waitForFunction(() => document.querySelectorAll('[data-storywire="person"]').length === 2)
    const other = await another(page)
    await enter(other, url, 'you', 'You', `<p data-story-id="${first}">Two others<span data-sw-presence-count></span></p>`)
    await other.waitForFunction(() => document.querySelector('[data-people]')?.textContent === '1')
    await shows(page, ['Me', 'Me'], 2_000)
    await page.evaluate(() => document.querySelectorAll('#story').forEach((story) => story.setAttribute('data-story-id', '00000000-0000-4000-8000-000000000002')))
    await shows(page, ['Me', 'Me'])
    await other.waitForFunction(() => document.querySelector('[data-sw-presence-count]').hidden, undefined, { timeout: 15_000 })
  }),
)

test(
  'the user of the page is a value that comes late, changes its name, and signs in as somebody else',
  journey(async (page, url) => {
    const other = await another(page)
    await enter(other, url, 'watcher', 'Watcher')
    await shows(other, ['Watcher'])
    await openPage(page, url, `<ul data-sw-presence="t"></ul>${tag('data-user="wized:v.userId" data-user-name="wized:v.name"')}`)
    await page.waitForTimeout(500)
    await shows(other, ['Watcher'])
    await page.evaluate(() => {
      const watchers = []
      const values = { userId: 'u1', name: 'Ada' }
      const v = new Proxy(values, { set: (target, name, value) => ((target[name] = value), watchers.forEach((watcher) => watcher()), true) })
      window.W = { data: { v }, reactivity: { watch: (_, changed) => watchers.push(changed) } }
      const waiting = window.Wized ?? []
      window.Wized = { push: (listener) => listener(window.W) }
      waiting.forEach((listener) => listener(window.W))
    })
    await shows(other, ['Watcher', 'Ada'])
    await page.evaluate(() => (window.W.data.v.name = 'Countess'))
    await shows(other, ['Watcher', 'Countess'])
    await page.evaluate(() => Object.assign(window.W.data.v, { userId: 'u2', name: 'Ben' }))
    await shows(other, ['Watcher', 'Ben'])
    await shows(page, ['Ben', 'Watcher'])
  }),
)

test(
  'a private topic says why it cannot be joined, and lets in who is signed in',
  journey(async (page, url) => {
    await openPage(page, url, '<p>A page</p>')
    const { access_token: token } = await post(`${url}/demo/token`, {})
    const told = await page.evaluate(
      async ([address, jwt]) => {
        const { createClient } = await import('/dist/index.js')
        const enter = (accessToken) =>
          new Promise((resolve) => {
            const client = createClient(address, 'sb_publishable_storywire_local', { accessToken })
            client.on('error', () => {})
            client.presence('secret', { key: 'me', private: true, onSync: (people) => resolve(people.length), onError: ({ code }) => resolve(code) })
          })
        return [await enter(undefined), await enter(() => jwt)]
      },
      [url, token],
    )
    assert.deepEqual(told, ['unauthorized', 1])
  }),
)

test(
  'the page of two windows is used with the keyboard alone',
  journey(async (page, url) => {
    await page.goto(`${url}/presence.html?room=keys`)
    const [ada, ben] = [page.frameLocator('iframe >> nth=0'), page.frameLocator('iframe >> nth=1')]
    await ada.locator('[data-storywire="person"] >> nth=1').waitFor()
    await ben.locator('[data-storywire="person"] >> nth=1').waitFor()
    await ada.getByLabel('A note for everybody').focus()
    await page.keyboard.type('Lanterns at eight')
    await page.waitForFunction(() => document.querySelectorAll('iframe')[1].contentDocument.querySelector('#note').value === 'Lanterns at eight')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await ben.locator('#log p', { hasText: 'Ada Byron claps' }).waitFor()
    await ada.getByLabel('My name').focus()
    await page.keyboard.press('Control+A')
    await page.keyboard.type('Countess')
    await ben.locator('.sw-person-name', { hasText: 'Countess' }).waitFor({ timeout: 40_000 })
    await page.getByRole('button', { name: 'Somebody else comes' }).click()
    const third = page.frameLocator('iframe >> nth=2')
    await third.locator('[data-storywire="person"] >> nth=2').waitFor()
    await page.waitForFunction(() => document.querySelectorAll('iframe')[2].contentDocument.querySelector('#note').value === 'Lanterns at eight', undefined, { timeout: 5_000 })
  }),
)

for (const colorScheme of ['light', 'dark']) {
  test(
    `axe finds nothing on the pages of presence, ${colorScheme}, narrow and wide`,
    journey(
      async (page, url) => {
        const other = await another(page)
        await other.goto(`${url}/room.html?room=axe&name=Ben&key=ben`)
        for (const path of ['/room.html?room=axe&name=Ada&key=ada', '/presence.html?room=axe']) {
          await page.goto(url + path)
          await (path.startsWith('/room') ? page : page.frameLocator('iframe >> nth=1')).locator('[data-storywire="person"] >> nth=1').waitFor()
          for (const width of [320, 1920]) {
            await page.setViewportSize({ width, height: 900 })
            assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${path} is as wide as ${width} px`)
            for (const frame of page.frames()) await frame.evaluate(axe)
            const { violations } = await page.evaluate(() => window.axe.run())
            assert.deepEqual(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html.slice(0, 200))]), [], `${path} ${width} px`)
          }
        }
      },
      { context: { colorScheme } },
    ),
  )
}
