import { fitMiddle, fitToWidth, type WidthOf } from '../fit-text.js';

/** A column of the footer's table. */
export interface Column {
  heading: string;
  /** One cell per row. */
  cells: readonly string[];
  /** If space is short, columns with the largest number are dropped first; 0 is never dropped. */
  dropOrder: number;
  /** The width to which the column may be cut. By default, it is never cut. */
  minWidth?: number;
  /** Where a cell is cut; default: at its end. */
  cut?: 'middle';
  maxWidth?: number;
}

/** A fitted column: the heading and all cells, padded to the same width. */
export interface FittedColumn {
  heading: string;
  cells: readonly string[];
}

const GAP = 2;

/**
 * Fits columns side by side, two spaces apart: first by cutting columns that may be cut, then by dropping the least
 * important ones.
 * @param width the available width, in terminal columns
 */
export function fitColumns(columns: readonly Column[], width: number, widthOf: WidthOf): FittedColumn[] {
  let kept = columns.map((column) => ({ column, width: naturalWidth(column, widthOf) }));
  for (;;) {
    const excess = kept.reduce((sum, each) => sum + each.width + GAP, -GAP) - width;
    if (excess <= 0) break;
    const slack = kept.reduce((sum, { column, width }) => sum + slackOf(column, width), 0);
    if (slack >= excess) {
      cut(kept, excess);
      break;
    }
    const least = kept.reduce((least, each) => (each.column.dropOrder > least.column.dropOrder ? each : least));
    if (least.column.dropOrder === 0) {
      cut(kept, slack);
      break;
    }
    kept = kept.filter((each) => each !== least);
  }
  return kept.map(({ column, width }) => {
    const pad = (cell: string) => {
      const fit = column.cut === 'middle' ? fitMiddle : fitToWidth;
      const fitted = fit(cell, width, widthOf);
      return fitted + ' '.repeat(Math.max(0, width - widthOf(fitted)));
    };
    return { heading: pad(column.heading), cells: column.cells.map(pad) };
  });
}

function naturalWidth({ heading, cells, maxWidth = Number.POSITIVE_INFINITY }: Column, widthOf: WidthOf): number {
  return Math.min(maxWidth, Math.max(...[heading, ...cells].map(widthOf)));
}

function slackOf({ minWidth }: Column, width: number): number {
  return minWidth === undefined ? 0 : Math.max(0, width - minWidth);
}

/** Narrows the widest of the columns that may be cut until all columns fit. */
function cut(kept: { column: Column; width: number }[], excess: number): void {
  for (let left = excess; left > 0; left -= 1) {
    const widest = kept.reduce((most, each) =>
      slackOf(each.column, each.width) > slackOf(most.column, most.width) ? each : most,
    );
    widest.width -= 1;
  }
}
