import type { Description } from '../described-api.js';
import type { TestApi } from './test-api.js';

/** One method of one path, as an API describes it. */
interface DescribedOperation {
  method: 'get' | 'post';
  /** With parameters as `:names`. */
  path: string;
  /** The schema of its body, if it has one. */
  body: unknown;
}

/** The description that an API gives of itself. */
export function describeApi(api: TestApi): Promise<Description> {
  return api.get<Description>('/openapi.json');
}

/** Every operation of an API, in its own order. */
export async function operationsOf(api: TestApi): Promise<DescribedOperation[]> {
  const { paths } = await describeApi(api);
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { requestBody }]) => ({
      method: method as 'get' | 'post',
      path: path.replace(/\{(\w+)\}/g, ':$1'),
      body: requestBody,
    })),
  );
}
