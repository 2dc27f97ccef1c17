import type { PackageManager } from './package-manager.js';
import type { TemplateFile } from './templates.js';

/**
 * Adapts a template to the package manager that will install it, and adds jamdev to its devDependencies.
 * @param specifier the version or path of jamdev for package.json
 */
export function fitTemplate(
  files: readonly TemplateFile[],
  { install, jamdev, files: added }: PackageManager,
  specifier: string,
): TemplateFile[] {
  const fitted = files.map(({ path, content }) => ({ path, content: Buffer.from(fit(path, content.toString())) }));
  return [...fitted, ...added.map((path) => ({ path, content: Buffer.alloc(0) }))];

  function fit(path: string, text: string): string {
    if (path === 'package.json') {
      const manifest = JSON.parse(text) as object;
      return `${JSON.stringify({ ...manifest, devDependencies: { jamdev: specifier } }, null, 2)}\n`;
    }
    return text.replaceAll('npx jamdev', jamdev).replace(/^npm install$/m, install);
  }
}
