// What one can write by hand: elements by an index, differences only, one flush a frame, bars by transform.
const { bench } = window.notes

const index = new Map()
for (const card of document.querySelectorAll('[data-story-id]')) {
  for (const element of card.querySelectorAll('[data-asset]')) {
    const bar = element.querySelector('.progress-bar')
    bar.style.cssText = 'width:100%;transform-origin:0 50%'
    index.set(`${card.dataset.storyId} ${element.dataset.asset}`, { element, bar, progress: -1, wanted: -1 })
  }
}
const dirty = new Set()
function flush() {
  for (const entry of dirty) {
    if (entry.progress === entry.wanted) continue
    entry.progress = entry.wanted
    entry.bar.style.transform = `scaleX(${entry.wanted / 100})`
    entry.element.dataset.progress = entry.wanted
  }
  dirty.clear()
}

const socket = new WebSocket(`${location.origin.replace('http', 'ws')}/realtime/v1/websocket?apikey=bench&vsn=2.0.0`)
socket.onopen = () => socket.send(JSON.stringify(['1', '1', 'realtime:stories', 'phx_join', { config: { postgres_changes: [{ event: '*', schema: 'public', table: 'stories' }] } }]))
socket.onmessage = ({ data }) => {
  const [, , , event, payload] = JSON.parse(data)
  if (event === 'system') bench.isReady = true
  if (event !== 'postgres_changes') return
  const { record } = payload.data
  for (const [asset, { progress }] of Object.entries(record.asset_generation_status.assets)) {
    const entry = index.get(`${record.id} ${asset}`)
    entry.wanted = progress
    if (entry.wanted === entry.progress) continue
    if (dirty.size === 0) requestAnimationFrame(flush)
    dirty.add(entry)
  }
}

bench.rows = (expected) => {
  const entries = [...index.values()]
  const wanted = expected.flat()
  let at = 0
  return () => {
    while (at < entries.length && Math.max(0, entries[at].progress) === wanted[at]) at++
    return at === entries.length
  }
}
