/** Quotes a user's value for a message: shortens it, and escapes what a terminal would interpret. */
export function quote(value: string): string {
  const isLong = value.length > 80;
  const quoted = JSON.stringify(isLong ? `${value.slice(0, 77)}...` : value).replace(
    /[\u007f-\u009f]/g,
    (control) => `\\u00${control.charCodeAt(0).toString(16)}`,
  );
  return isLong ? `${quoted} (${value.length} characters)` : quoted;
}
