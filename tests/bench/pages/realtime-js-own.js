import { RealtimeClient } from '@supabase/realtime-js'
import { peer } from './peer.js'

const client = new RealtimeClient(`${location.origin.replace('http', 'ws')}/realtime/v1`, { params: { apikey: 'sb_publishable_bench' } })
peer(client, async () => undefined, true)
