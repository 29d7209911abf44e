/**
 * Imports one module and prints how long that took. Imports nothing else: what it loaded would be
 * paid for already.
 *
 * @module
 */
const start = performance.now();
await import(`file://${Deno.args[0]}`);
console.log(JSON.stringify({ ms: performance.now() - start }));
