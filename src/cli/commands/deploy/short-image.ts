/** Shortens a reference to the part that people compare: `app@sha256:0123456789ab`. @param image null: the newest push */
export function shortImage(image: string | null): string {
  if (image === null) return 'the newest push';
  return image.replace(/^.*\//, '').replace(/(sha256:[0-9a-f]{12})[0-9a-f]+$/, '$1');
}
