// Fifty stories on one page: one socket, few reads, and what is far below waits.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { journey, post } from './journey.mjs'

const counters = async (url) => (await fetch(`${url}/__control/counters`)).json()

test(
  'fifty stories come over one socket, are read in batches, and those far below load no picture',
  journey(async (page, url) => {
    await Promise.all(Array.from({ length: 50 }, () => post(`${url}/demo/stories`, { seconds: 0.2 })))
    const covers = []
    page.on('request', (request) => request.url().includes('/cover.svg') && covers.push(request.url()))
    await page.waitForTimeout(1000)
    await post(`${url}/__control/reset`, {})
    await page.goto(`${url}/shelf.html`)
    await page.locator('[data-story-state="completed"]').nth(49).waitFor({ state: 'attached' })
    await page.locator('[data-asset="cover"] img').first().waitFor()
    const { socketsOpened, restRequests } = await counters(url)
    assert.equal(socketsOpened, 1)
    assert.ok(restRequests <= 5, `${restRequests} requests to REST for fifty stories and the list of them`)
    assert.ok(covers.length < 40, `${covers.length} covers were loaded, and the view holds fewer`)

    await page.locator('[data-sw-connection="live"]').waitFor({ state: 'attached', timeout: 30_000 })
    const { channels } = await counters(url)
    assert.ok(channels <= 2, `${channels} channels: what comes together is joined together`)

    const last = page.locator('[data-asset="cover"]').last()
    assert.equal(await last.locator('img').count(), 0)
    await last.scrollIntoViewIfNeeded()
    await last.locator('img').waitFor()

    const story = await page.locator('.card').last().getAttribute('data-story-id')
    await post(`${url}/rest/v1/rpc/update_asset_progress`, { story, asset: 'poster', status: 'generating', progress: 3 })
    await page.locator(`[data-story-id="${story}"][data-story-state="generating"]`).waitFor()
  }),
)

test(
  'a shelf that is empty has its stories made, and each card leads to its story',
  journey(async (page, url) => {
    await page.goto(`${url}/shelf.html?count=3`)
    await page.locator('.card').nth(2).waitFor()
    assert.equal(await page.locator('.card').count(), 3)
    await page.locator('.card a').first().click()
    await page.locator('#story[data-story-id]').waitFor()
    assert.equal(await page.locator('#title').innerText(), 'The Lantern and the Little Fox')
  }),
)
