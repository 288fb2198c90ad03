/**
 * The first import of every app. Zod compiles validators with `new Function` unless told not to,
 * which the page's policy forbids.
 */
import { config } from 'zod';

config({ jitless: true });
