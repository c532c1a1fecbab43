// What Wized is told, where names that the backend gives meet names of JavaScript.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Window } from 'happy-dom'

test('a story and an asset that are called as something in JavaScript are told like any other, and reach nothing else', async () => {
  const window = new Window()
  const frames = []
  const W = { data: { v: {} }, requests: {} }
  Object.assign(globalThis, { document: window.document, MutationObserver: window.MutationObserver, Element: window.Element, Wized: { push: (ready) => ready(W) }, requestAnimationFrame: (frame) => frames.push(frame) })
  window.document.body.innerHTML = '<article data-story-id="__proto__" data-sw-into="v.overall"></article>'
  const { start } = await import('../../js/parts/wized.js')
  const heard = {}
  await start({ tag: {}, listen: (event, listener) => (heard[event] = listener), setToken() {}, options: {} })

  frames.splice(0).forEach((frame) => frame())
  heard.story({ story: '__proto__', status: 'completed' })
  heard.asset({ story: '__proto__', asset: 'toString', status: 'ready', progress: 100, url: '' })
  frames.splice(0).forEach((frame) => frame())

  assert.equal({}.overall, undefined)
  assert.equal(W.data.v.overall, 'completed')
  assert.equal(W.data.v.storywire.overall, 'completed')
  assert.equal(W.data.v.storywire.assets.toString.status, 'ready')
  await window.happyDOM.close()
})
