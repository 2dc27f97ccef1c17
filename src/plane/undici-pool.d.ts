/** Declares a part of undici: importing the whole package would replace the dispatcher of Node.js's fetch(). */
declare module 'undici/lib/dispatcher/pool.js' {
  import { Pool } from 'undici';
  export = Pool;
}
