import { Client } from './client.js';
export { Client } from './client.js';
export { Channel } from './channel.js';
export { StorywireError } from './errors.js';
/**
 * A client of a Supabase project. It can be used at once; the module loads meanwhile.
 *
 * `createClient(url, key, options)` as Supabase has it, or `createClient({ url, key, … })`.
 * @param {string | URL | ({ url: string, key: string } & import('./types.js').ClientOptions)} url
 * @param {string} [key]
 * @param {import('./types.js').ClientOptions} [options]
 */
export declare function createClient(url: string | URL | ({
    url: string;
    key: string;
} & import('./types.js').ClientOptions), key?: string, options?: import('./types.js').ClientOptions): Client;
