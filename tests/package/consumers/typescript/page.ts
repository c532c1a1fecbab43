// A page's own code in TypeScript: what it reads has types, and what is wrong is found.
import { createClient, type Channel, type Client, type StorywireError } from 'storywire'
import { EventSource } from 'storywire/eventsource'
import module from 'storywire/storywire.wasm'
import { fakeBackend } from 'storywire/testing'
import type {} from 'storywire/auto'
import type { Wized } from 'storywire/wized'
import 'storywire/style.css'

const client: Client = createClient('https://xyz.supabase.co', 'sb_publishable_k', {
  accessToken: async () => 'a.b.c',
  apiBase: 'https://api.example.com/api/v1',
  timing: { heartbeatInterval: 25_000 },
  wasm: module,
})
client.on('connection', (state) => state === 'catching-up')
client.on('error', (error: StorywireError) => console.log(error.code, error.retryIn?.toFixed()))
// @ts-expect-error a state that there is not
client.on('connection', (state) => state === 'connected')
// @ts-expect-error an option that there is not
createClient('https://xyz.supabase.co', 'sb_publishable_k', { acessToken: () => null })

const story = client.story('1', { onAsset: ({ asset, progress }) => console.log(asset, progress?.toFixed()), onChange: ({ status }) => status.length })
story.retry('cover')
story.close()

const channel: Channel = client.channel('room', { config: { broadcast: { ack: true } } })
channel.on('broadcast', { event: 'wave' }, ({ payload }) => console.log(payload)).subscribe((status) => status === 'SUBSCRIBED')
// @ts-expect-error a kind that there is not
channel.on('broadcasts', {}, () => {})
const undo: () => void = channel.on('presence', { event: 'sync' }, () => {})
undo()

const row = client.row('profiles', { id: 1 }, { onLive: ({ continuous }) => continuous })
row.close()

const source = new EventSource('/events', { headers: { authorization: 'Bearer x' } })
source.onmessage = ({ data }: MessageEvent<string>) => console.log(data)

window.Storywire ||= []
window.Storywire.push((storywire) => storywire.story('1').retry())
window.Wized ||= []
window.Wized.push((W: Wized) => {
  W.data.v['currentStoryId'] = '1'
})

const bell = client.notifications('user', { onUnread: (unread) => unread.toFixed(), onNotification: ({ title }) => title })
void bell.markAllRead()
const room = client.room('board', { key: 'user' })
room.send('cursor', { x: 1, y: 2 }, { latest: true })
client.presence('board', { meta: { name: 'Ann' }, onSync: (people) => people.map(({ key }) => key) }).close()

const backend = fakeBackend()
const faked: Client = backend.createClient()
backend.offline()
faked.close()
