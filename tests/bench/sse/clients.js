// The clients, each as its own documentation uses it. `run` resolves when `count` events named `emotion` have been heard.
import { fetchEventSource } from '@microsoft/fetch-event-source'
import { EventSource as NpmEventSource } from 'eventsource'
import { createEventSource } from 'eventsource-client'
import { createParser } from 'eventsource-parser'
import { EventSource as OurEventSource } from '../../../js/eventsource.js'
import { openStream } from '../../../js/stream.js'

/** @typedef {{ url: string, count: number, json: boolean }} Task */

/** Reads bytes and looks at nothing: the limit. @param {Task} task */
async function rawFetch({ url }) {
  const reader = (await fetch(url, { headers: { 'x-end': '1' } })).body.getReader()
  for (;;) if ((await reader.read()).done) return
}

/** @param {Task} task */
async function parserOnFetch({ url, count, json }) {
  let heard = 0
  const abort = new AbortController()
  const parser = createParser({
    onEvent(event) {
      if (event.event !== 'emotion') return
      if (json) sink = JSON.parse(event.data).emotion
      heard++
    },
    maxBufferSize: 32 << 20,
  })
  const reader = (await fetch(url, { headers: { accept: 'text/event-stream' }, signal: abort.signal })).body.getReader()
  const decoder = new TextDecoder()
  while (heard < count) {
    const { done, value } = await reader.read()
    if (done) break
    parser.feed(decoder.decode(value, { stream: true }))
  }
  abort.abort()
}

/** @param {Task} task */
const storywireStream = ({ url, count, json }) =>
  new Promise((resolve, reject) => {
    let heard = 0
    const stream = openStream(url)
    stream.on('error', reject)
    stream.on('emotion', (event) => {
      if (json) sink = event.json.emotion
      if (++heard === count) {
        stream.close()
        resolve()
      }
    })
  })

/** @param {Task} task */
const storywireBatch = ({ url, count, json }) =>
  new Promise((resolve, reject) => {
    let heard = 0
    const stream = openStream(url)
    stream.on('error', reject)
    stream.on(
      'emotion',
      (events) => {
        if (json) for (const event of events) sink = event.json.emotion
        if ((heard += events.length) === count) {
          stream.close()
          resolve()
        }
      },
      { batch: true },
    )
  })

/** @param {Task} task */
const microsoft = ({ url, count, json }) =>
  new Promise((resolve, reject) => {
    let heard = 0
    const abort = new AbortController()
    fetchEventSource(url, {
      signal: abort.signal,
      openWhenHidden: true,
      onmessage(event) {
        if (event.event !== 'emotion') return
        if (json) sink = JSON.parse(event.data).emotion
        if (++heard === count) {
          abort.abort()
          resolve()
        }
      },
      onerror(error) {
        reject(error)
        throw error
      },
    })
  })

/** @param {(url: string) => EventTarget & { close(): void }} make @returns {(task: Task) => Promise<void>} */
const source = (make) => ({ url, count, json }) =>
  new Promise((resolve, reject) => {
    let heard = 0
    const events = make(url)
    events.addEventListener('error', reject)
    events.addEventListener('emotion', (event) => {
      if (json) sink = JSON.parse(event.data).emotion
      if (++heard === count) {
        events.close()
        resolve()
      }
    })
  })

/** @param {Task} task */
const eventsourceClient = ({ url, count, json }) =>
  new Promise((resolve) => {
    let heard = 0
    const source = createEventSource({
      url,
      onMessage({ event, data }) {
        if (event !== 'emotion') return
        if (json) sink = JSON.parse(data).emotion
        if (++heard === count) {
          source.close()
          resolve()
        }
      },
    })
  })

/** Keeps what is parsed from being optimised away. */
export let sink

export const clients = {
  'fetch, read and dropped (the limit)': rawFetch,
  'fetch + eventsource-parser': parserOnFetch,
  'storywire client.stream': storywireStream,
  'storywire client.stream, batches': storywireBatch,
  'fetch-event-source': microsoft,
  'storywire EventSource': source((url) => new OurEventSource(url)),
  'eventsource-client': eventsourceClient,
  'npm eventsource': source((url) => new NpmEventSource(url)),
  "the browser's EventSource": source((url) => new EventSource(url)),
}
