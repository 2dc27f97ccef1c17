/** A part of undici: the whole of it would replace what fetch() of Node.js works with. */
declare module 'undici/lib/dispatcher/pool.js' {
  import { Pool } from 'undici';
  export = Pool;
}
