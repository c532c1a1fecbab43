// A library that others import: the types of what it exports can be named.
import { createClient, type AssetChange, type ClientOptions, type StreamOptions } from 'storywire'

export const storywire = createClient('https://xyz.supabase.co', 'sb_publishable_k')
export const story = () => storywire.story('1')
export const room = () => storywire.channel('room')
export const rows = () => storywire.rows('stories', 'id=in.(1,2)')
export const stream = () => storywire.stream('/events')
export const mood = () => storywire.emotions('7')
export const { subscriptions } = storywire
export const options: ClientOptions & StreamOptions = {}
export const isReady = ({ status }: AssetChange) => status === 'ready'
