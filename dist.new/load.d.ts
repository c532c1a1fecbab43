/**
 * The exports of the module. A failed attempt is made again by the next call.
 * @param {string | URL} [url] where the module lies, if not beside the script
 */
export declare function load(url?: string | URL): Promise<any> | undefined;
