// The client of Phoenix itself, which Supabase's is made of.
import { Socket } from 'phoenix'
import { showRow } from './handler.js'
import { widthsAre } from './shown.js'

const { bench } = window.notes
const socket = new Socket(`${location.origin.replace('http', 'ws')}/realtime/v1`, { params: { apikey: 'sb_publishable_bench' } })
socket.connect()
let last
const ready = () => (bench.isReady = true)
if (document.querySelector('[data-story-id]')) {
  const channel = socket.channel('realtime:stories', { config: { postgres_changes: [{ event: 'UPDATE', schema: 'public', table: 'stories' }] } })
  channel.on('postgres_changes', ({ data }) => showRow(data.record))
  channel.join().receive('ok', ready)
} else {
  const channel = socket.channel('realtime:room', { config: { presence: { enabled: true } } })
  channel.on('broadcast', ({ event, payload }) => {
    if (event === 'tick') last = payload.number
  })
  channel.join().receive('ok', ready)
}
bench.rows = widthsAre
bench.last = () => last

bench.join = (count) => {
  const joining = Array.from({ length: count }, (_, number) => {
    const channel = socket.channel(`realtime:many:${number}`, { config: {} })
    channel.on('broadcast', ({ event, payload }) => {
      if (event === 'tick') last = payload.number
    })
    return new Promise((resolve) => channel.join().receive('ok', () => resolve(channel)))
  })
  return Promise.all(joining).then((channels) => (bench.channels = channels))
}
bench.leave = async () => {
  const channels = bench.channels
  bench.channels = undefined
  await Promise.all(channels.map((channel) => new Promise((resolve) => channel.leave().receive('ok', resolve))))
}
