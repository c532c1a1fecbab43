// The limit: a WebSocket, JSON.parse, nothing shown.
const { bench } = window.notes
let heard = 0
let last

const socket = new WebSocket(`${location.origin.replace('http', 'ws')}/realtime/v1/websocket?apikey=bench&vsn=2.0.0`)
socket.onopen = () => {
  const config = { broadcast: {}, presence: { enabled: false }, postgres_changes: [{ event: '*', schema: 'public', table: 'stories' }] }
  for (const topic of ['realtime:stories', 'realtime:room']) socket.send(JSON.stringify(['1', '1', topic, 'phx_join', { config: topic.endsWith('room') ? { presence: { enabled: true } } : config }]))
}
socket.onmessage = ({ data }) => {
  const [, , , event, payload] = JSON.parse(data)
  if (event === 'postgres_changes') heard++
  if (event === 'broadcast') last = payload.payload.number
  if (event === 'system') bench.isReady = true
}

let expected = 0
bench.rows = (_, count) => {
  expected = heard + count
  return () => heard >= expected
}
bench.last = () => last
